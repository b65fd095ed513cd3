"""What the team's screen shows, ready as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemberItem:
    """Somebody of the team.

    Attributes:
        role, role_name: The word as stored, and as shown.
        active: May enter; false once removed.
        you: Whoever looks.
        seen: When they last did something here, short; ``seen_at`` exactly.
    """

    id: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    role_name: str = ""
    active: bool = True
    you: bool = False
    seen: str = ""
    seen_at: str = ""
    joined: str = ""


@dataclass(frozen=True, slots=True)
class InvitationItem:
    """Somebody who was asked to join.

    Attributes:
        until: When its link stops working, or did.
        expired: It has.
    """

    id: str = ""
    email: str = ""
    role_name: str = ""
    invited_by: str = ""
    sent: str = ""
    until: str = ""
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Errors:
    """What is wrong with the form of an invitation."""

    email: str = ""
    other: str = ""
