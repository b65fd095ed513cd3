"""What entry points and screens see of accounts: frozen rows, never tables or hashes of live tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session that was not ended, with the member it acts for. Its times still have to be judged (UTC).

    Attributes:
        organizations: How many the user may act for, this one included.
    """

    id: int
    user_id: int
    user_name: str
    email: str
    organizer_id: int
    organizer_name: str
    organizer_zone: str
    role: str
    expires_at: datetime
    last_active_at: datetime
    confirmed_at: datetime
    password_at: datetime
    organizations: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is compared with. ``can_enter``: the user and at least one membership are active."""

    user_id: int
    password_hash: str
    can_enter: bool


@dataclass(frozen=True, slots=True)
class OrganizerChoice:
    """One organization a user may switch to."""

    public_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Decider:
    """A member who may decide about refunds and is told when there is something to decide."""

    email: str
    name: str
    user_id: int


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody of an organization's team.

    Attributes:
        public_id: Of the user (``usr_...``).
        status: ``active``, or ``disabled`` once removed; what they did keeps their name.
        joined_at: When the membership began (UTC).
        last_active_at: When they last did something here (UTC); ``None`` before their first login.
    """

    public_id: str
    name: str
    email: str
    role: str
    status: str
    joined_at: datetime
    last_active_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation that was neither used nor withdrawn.

    Attributes:
        invited_by: The owner's name.
        sent_at: When its last mail was written (UTC).
        expires_at: Its link works before this (UTC).
    """

    public_id: str
    email: str
    role: str
    invited_by: str
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedInvitation:
    """An invitation as its link finds it; whether the link is its own and of its age is still to be judged.

    Attributes:
        organizer: Its public id.
        status: As stored; see ``rules.invitation_state``.
        user_id: Who has a login for this address; ``None`` for nobody.
    """

    public_id: str
    organizer: str
    organizer_name: str
    organizer_zone: str
    email: str
    role: str
    inviter: str
    status: str
    link_version: int
    expires_at: datetime
    user_id: int | None


@dataclass(frozen=True, slots=True)
class InstallationView:
    """Which Stripe this database belongs to."""

    stripe_mode: str
    platform_account: str
