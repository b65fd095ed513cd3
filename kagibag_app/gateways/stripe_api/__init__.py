"""Stripe behind the payments port: the only code that speaks to Stripe."""

from kagibag_app.gateways.stripe_api.client import StripePayments

__all__ = ["StripePayments"]
