"""Orders, line items, tickets."""
