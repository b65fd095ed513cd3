"""Implement the ports: the only code that talks to the network."""
