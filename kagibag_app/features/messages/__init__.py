"""Emails and their log."""
