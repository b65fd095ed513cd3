"""Chargebacks and inquiries."""
