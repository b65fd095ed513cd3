"""Between the order and its tickets: on to Stripe, and back."""

from kagibag_app.web.attendee.checkout.page import page
from kagibag_app.web.attendee.checkout.state import CheckoutState

ROUTE = "/checkout/[token]"
TITLE = "Your payment"

on_load = [CheckoutState.load]

__all__ = ["ROUTE", "TITLE", "on_load", "page"]
