"""A data set of any size for an organizer that does not exist: the same rows again for the same size and seed.

Its public ids come from a seeded generator and can be predicted by anybody who knows the seed. That is why its organizer
is marked as synthetic: no link of it opens anything that belongs to a person, and nothing is ever sent for it.
"""
