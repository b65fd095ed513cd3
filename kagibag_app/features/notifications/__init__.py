"""Whom to tell."""
