"""Who does something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """Where an action comes from."""

    ATTENDEE = "attendee"
    MEMBER = "member"
    SYSTEM = "system"
    STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as services and the timeline see them.

    Attributes:
        kind: Attendee by link, member by session, the system, or Stripe.
        organizer_id: The organizer whose data may be touched; ``None`` for the system and Stripe.
        user_id: The member's user row.
        role: The member's role (see ``accounts.rules``).
        name: Shown on the timeline.
    """

    kind: ActorKind
    organizer_id: int | None = None
    user_id: int | None = None
    role: str | None = None
    name: str = ""


SYSTEM = Actor(ActorKind.SYSTEM, name="Kagibag")
STRIPE = Actor(ActorKind.STRIPE, name="Stripe")


def attendee(organizer_id: int, name: str) -> Actor:
    """Return the buyer who came by a link."""
    return Actor(ActorKind.ATTENDEE, organizer_id=organizer_id, name=name)
