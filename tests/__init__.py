"""Kagibag's tests."""
