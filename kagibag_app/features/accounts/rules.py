"""Who may do what: one table, compared with every handler by a test."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum


class Role(StrEnum):
    """A member's role in one organization."""

    OWNER = "owner"
    MANAGER = "manager"
    SUPPORT = "support"
    VIEWER = "viewer"


ROLE_SUMMARY = {
    Role.OWNER: "Does everything, and decides who is on the team.",
    Role.MANAGER: "Does everything but change the team: refunds, disputes, webhooks.",
    Role.SUPPORT: "Reads everything, writes notes, sends mails again, corrects addresses, checks in, exports.",
    Role.VIEWER: "Reads orders, refunds and disputes, without buyers' addresses and mails. Changes nothing.",
}
"""What each may do, for those who choose one and those who get one."""


class MemberStatus(StrEnum):
    """Whether a user or a membership may be used."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Action(StrEnum):
    """Everything a member can do; each State handler names one."""

    VIEW_ORDERS = "view_orders"
    VIEW_EMAILS = "view_emails"
    VIEW_REFUNDS = "view_refunds"
    VIEW_DISPUTES = "view_disputes"
    VIEW_WEBHOOKS = "view_webhooks"
    VIEW_EVENTS = "view_events"
    VIEW_PROMOTIONS = "view_promotions"
    VIEW_MESSAGES = "view_messages"
    READ_MESSAGE_BODIES = "read_message_bodies"
    WRITE_NOTES = "write_notes"
    RESEND_MAIL = "resend_mail"
    CORRECT_EMAIL = "correct_email"
    CHECK_IN = "check_in"
    EXPORT_ORDERS = "export_orders"
    VOID_TICKETS = "void_tickets"
    CANCEL_ORDERS = "cancel_orders"
    DECIDE_REFUNDS = "decide_refunds"
    PREPARE_REFUNDS = "prepare_refunds"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_POLICIES = "manage_policies"
    MANAGE_EVENTS = "manage_events"
    MANAGE_PROMOTIONS = "manage_promotions"
    LIMIT_REFUNDS = "limit_refunds"
    VIEW_TEAM = "view_team"
    MANAGE_TEAM = "manage_team"


_VIEW = frozenset(
    {
        Action.VIEW_ORDERS,
        Action.VIEW_REFUNDS,
        Action.VIEW_DISPUTES,
        Action.VIEW_WEBHOOKS,
        Action.VIEW_MESSAGES,
        Action.VIEW_EVENTS,
        Action.VIEW_PROMOTIONS,
    }
)
_SUPPORT = _VIEW | {
    Action.VIEW_EMAILS,
    Action.READ_MESSAGE_BODIES,
    Action.WRITE_NOTES,
    Action.RESEND_MAIL,
    Action.CORRECT_EMAIL,
    Action.CHECK_IN,
    Action.EXPORT_ORDERS,
}
_MANAGER = _SUPPORT | {
    Action.VOID_TICKETS,
    Action.CANCEL_ORDERS,
    Action.DECIDE_REFUNDS,
    # Moves no money: a look at what many refunds would do, and holding them.
    Action.PREPARE_REFUNDS,
    Action.MANAGE_WEBHOOKS,
    Action.MANAGE_POLICIES,
    Action.MANAGE_EVENTS,
    Action.MANAGE_PROMOTIONS,
}

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEW,
    Role.SUPPORT: _SUPPORT,
    Role.MANAGER: _MANAGER,
    Role.OWNER: frozenset(Action),
}

# Decisions about money need a login, a re-authentication or another money decision not long ago.
MONEY_ACTIONS = frozenset({Action.DECIDE_REFUNDS, Action.CANCEL_ORDERS})
# So does deciding who may do all that, and how much of it alone.
CONFIRMED_ACTIONS = MONEY_ACTIONS | {Action.MANAGE_TEAM, Action.LIMIT_REFUNDS}


# A session ends after this long without anything a person did, and in any case after its absolute life.
IDLE_AFTER = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=8)
# What a person does is written at most this often; a session may therefore go idle this much too early, never too late.
ACTIVITY_STEP = timedelta(seconds=30)
CONFIRMED_FOR = timedelta(minutes=15)
PASSWORD_FOR = timedelta(hours=2)

# A link in a mailbox opens the door this long, once.
INVITATION_FOR = timedelta(days=7)

PASSWORD_MIN, PASSWORD_MAX = 8, 200


class SessionState(StrEnum):
    """Whether a session may act."""

    LIVE = "live"
    IDLE = "idle"
    OVER = "over"


class InvitationState(StrEnum):
    """Where an invitation stands. ``expired`` is never stored: it is an open one whose time is over."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


def invitation_state(now: datetime, *, status: str, expires_at: datetime) -> InvitationState:
    """Say where an invitation stands at ``now`` (all times UTC)."""
    stored = InvitationState(status)
    return InvitationState.EXPIRED if stored is InvitationState.OPEN and now >= expires_at else stored


def session_state(now: datetime, *, last_active_at: datetime, expires_at: datetime) -> SessionState:
    """Say where a session stands at ``now`` (all times UTC).

    An idle one may be taken up again with the password; one that is over needs a new login.
    """
    if now >= expires_at:
        return SessionState.OVER
    return SessionState.IDLE if now - last_active_at >= IDLE_AFTER else SessionState.LIVE


def recently_confirmed(now: datetime, *, confirmed_at: datetime, password_at: datetime) -> bool:
    """Say whether money may be decided without typing the password again (all times UTC)."""
    return now - confirmed_at <= CONFIRMED_FOR and now - password_at <= PASSWORD_FOR


def allowed(role: str | None, action: Action) -> bool:
    """Say whether a role includes an action; an unknown role includes none."""
    try:
        return action in PERMISSIONS[Role(role or "")]
    except ValueError:
        return False
