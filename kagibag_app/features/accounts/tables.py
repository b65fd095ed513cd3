"""Tables of organizers, users and their sessions."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kagibag_app.features.accounts.rules import InvitationState, MemberStatus
from kagibag_app.storage.columns import document, maybe_moment, moment


class Installation(SQLModel, table=True):
    """One row: which Stripe this database belongs to. Another mode is refused at start."""

    __tablename__ = "installations"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    stripe_mode: str
    platform_account: str
    created_at: datetime = moment()


class Organizer(SQLModel, table=True):
    """Someone who sells tickets. Without an account of its own it sells through the platform's.

    ``synthetic``: everything of it was made up by ``kagibag seed --orders``, and nothing is ever sent for it.
    ``manager_refund_limits``: what a manager may give back alone, minor units by currency; none: any amount.
    """

    __tablename__ = "organizers"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    name: str
    slug: str = Field(unique=True)
    currency: str
    zone: str
    stripe_account: str | None = None
    application_fee_bp: int = 0
    synthetic: bool = False
    manager_refund_limits: dict[str, Any] = document()
    created_at: datetime = moment()


class User(SQLModel, table=True):
    """A person who can log in. ``email`` is casefolded."""

    __tablename__ = "users"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    email: str = Field(unique=True)
    name: str
    password_hash: str
    status: str = MemberStatus.ACTIVE
    created_at: datetime = moment()


class Membership(SQLModel, table=True):
    """A user's role in one organization.

    ``last_active_at``: when a session of theirs was switched away from it; what they do in it now is on their sessions.
    """

    __tablename__ = "memberships"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (sa.UniqueConstraint("organizer_id", "user_id"),)

    id: int | None = Field(default=None, primary_key=True)
    organizer_id: int = Field(foreign_key="organizers.id", index=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    role: str
    status: str = MemberStatus.ACTIVE
    created_at: datetime = moment()
    last_active_at: datetime | None = maybe_moment()


class Invitation(SQLModel, table=True):
    """A seat on a team that waits for somebody. At most one open one for an address.

    ``email`` is casefolded. The link in its mail is derived from ``public_id`` and ``link_version`` and stored
    nowhere; sending it again raises the version, which ends the older link.
    """

    __tablename__ = "invitations"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        sa.Index(
            "uq_invitations_open",
            "organizer_id",
            "email",
            unique=True,
            sqlite_where=sa.text("status = 'open'"),
            postgresql_where=sa.text("status = 'open'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    organizer_id: int = Field(foreign_key="organizers.id", index=True)
    email: str
    role: str
    status: str = InvitationState.OPEN
    link_version: int = 1
    invited_by: int = Field(foreign_key="users.id")
    created_at: datetime = moment()
    sent_at: datetime = moment()
    expires_at: datetime = moment()
    accepted_by: int | None = Field(default=None, foreign_key="users.id")
    settled_at: datetime | None = maybe_moment()


class LoginSession(SQLModel, table=True):
    """A logged-in browser. Only the hash of its cookie is stored.

    ``last_active_at`` moves with what a person does, never with live reloads; ``confirmed_at`` is the last
    login, re-authentication or money decision, ``password_at`` the last time the password was typed.
    """

    __tablename__ = "login_sessions"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    user_id: int = Field(foreign_key="users.id", index=True)
    organizer_id: int = Field(foreign_key="organizers.id")
    created_at: datetime = moment()
    expires_at: datetime = moment()
    last_active_at: datetime = moment()
    confirmed_at: datetime = moment()
    password_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()
