"""Organizers, users, memberships, sessions, roles."""
