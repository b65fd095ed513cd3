"""Refunds of many orders together: of an event, or of what the list of orders shows."""
