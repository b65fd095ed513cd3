"""Kagibag: orders, refunds and disputes for people who sell tickets."""
