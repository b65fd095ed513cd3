"""Money as Stripe settled it, append-only."""
