"""From a filled cart to an order."""
