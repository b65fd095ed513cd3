"""What happened to an order, and the audit trail of the rest."""
