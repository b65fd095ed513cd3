"""Outgoing webhooks: endpoints, events, deliveries."""
