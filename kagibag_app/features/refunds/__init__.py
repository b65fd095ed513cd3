"""Refund requests and refunds."""
