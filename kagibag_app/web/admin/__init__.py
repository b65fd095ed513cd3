"""The organizer's screens."""
