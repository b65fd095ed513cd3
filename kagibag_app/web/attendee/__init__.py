"""Screens of the people who buy: reached by link, without an account."""
