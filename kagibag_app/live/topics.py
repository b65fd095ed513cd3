"""Names of what open pages can watch."""

from __future__ import annotations


def orders(organizer_id: int) -> str:
    """The organizer's order list and its counts."""
    return f"org:{organizer_id}:orders"


def refunds(organizer_id: int) -> str:
    """The refunds queue and its counts."""
    return f"org:{organizer_id}:refunds"


def reviewers(organizer_id: int, request_id: str) -> str:
    """Who has one refund request open."""
    return f"org:{organizer_id}:refund:{request_id}:reviewers"


def bulk_refunds(organizer_id: int) -> str:
    """The organizer's bulk refunds and how far they are."""
    return f"org:{organizer_id}:bulk_refunds"


def events(organizer_id: int) -> str:
    """The organizer's events, what they sold and what is held."""
    return f"org:{organizer_id}:events"


def promotions(organizer_id: int) -> str:
    """The organizer's codes and their uses."""
    return f"org:{organizer_id}:promotions"


def disputes(organizer_id: int) -> str:
    """The disputes list and its counts."""
    return f"org:{organizer_id}:disputes"


def webhooks(organizer_id: int) -> str:
    """Webhook endpoints and their deliveries."""
    return f"org:{organizer_id}:webhooks"


def messages(organizer_id: int) -> str:
    """The log of emails."""
    return f"org:{organizer_id}:messages"


def team(organizer_id: int) -> str:
    """The organizer's members and invitations."""
    return f"org:{organizer_id}:team"


def member(user_id: int) -> str:
    """What one person may see: their role, their membership, the organization they act for."""
    return f"member:{user_id}"


def exports(organizer_id: int, user_id: int) -> str:
    """One member's exports and their progress."""
    return f"org:{organizer_id}:user:{user_id}:exports"


def order(order_id: int) -> str:
    """One order with everything on it, for its buyer and for members."""
    return f"order:{order_id}"


def door(event_id: int) -> str:
    """Who is in at one event, and what lets somebody in."""
    return f"event:{event_id}:door"


def event(event_id: int) -> str:
    """One event's page: what is left to buy."""
    return f"event:{event_id}"
