"""Payments and the inbox of Stripe events."""
