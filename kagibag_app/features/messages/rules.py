"""Emails: which there are, and where each stands."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from kagibag_app.kit.transitions import Transitions

SEND_EMAIL = "send_email"


class Template(StrEnum):
    """Every mail the product writes."""

    CONFIRMATION = "confirmation"
    ORDER_LINKS = "order_links"
    REFUND_REQUESTED = "refund_requested"
    REFUND_RECEIVED = "refund_received"
    REFUND_WITHDRAWN = "refund_withdrawn"
    REFUND_AWAITS_SECOND = "refund_awaits_second"
    REFUND_APPROVED = "refund_approved"
    REFUND_DECLINED = "refund_declined"
    REFUND_STARTED = "refund_started"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    REFUND_CAME_BACK = "refund_came_back"
    REFUND_RETURNED = "refund_returned"
    REFUND_TO_ALLOCATE = "refund_to_allocate"
    TICKETS_REVIVED = "tickets_revived"
    LATE_PAYMENT = "late_payment"
    ORDER_CANCELLED = "order_cancelled"
    TICKET_LINK = "ticket_link"
    EMAIL_CORRECTED = "email_corrected"
    NOTE_MENTION = "note_mention"
    DISPUTE_OPENED = "dispute_opened"
    WEBHOOK_DISABLED = "webhook_disabled"
    INVITATION = "invitation"
    BULK_REFUND_FINISHED = "bulk_refund_finished"


# Written to the buyer of one order, to whatever address the order has.
TO_BUYER = frozenset(
    {
        Template.CONFIRMATION,
        Template.ORDER_LINKS,
        Template.REFUND_RECEIVED,
        Template.REFUND_WITHDRAWN,
        Template.REFUND_APPROVED,
        Template.REFUND_DECLINED,
        Template.REFUND_STARTED,
        Template.REFUNDED,
        Template.REFUND_CAME_BACK,
        Template.REFUND_RETURNED,
        Template.TICKETS_REVIVED,
        Template.LATE_PAYMENT,
        Template.ORDER_CANCELLED,
        Template.TICKET_LINK,
    }
)


class MessageStatus(StrEnum):
    """Where a mail stands. ``kept``: no mail server is configured, it is read in the admin screens."""

    QUEUED = "queued"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"


_S = MessageStatus
MESSAGE_MOVES: Transitions[MessageStatus] = Transitions(
    "message",
    {
        _S.QUEUED: frozenset({_S.SENT, _S.KEPT, _S.FAILED}),
        _S.SENT: frozenset(),
        _S.KEPT: frozenset(),
        _S.FAILED: frozenset({_S.QUEUED}),
    },
)

# Each the delay after the try before: a mail server may be down for a day. After that the mail shows as failed,
# and a member may send it again.
RETRY_DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)


def retry_delay(tries: int, *, final: bool) -> timedelta | None:
    """Return how long to wait after that many failed tries; ``None``: give up.

    Args:
        tries: Tries so far, the one that just failed included (from 1).
        final: The mail server will never take this mail.
    """
    if final or tries > len(RETRY_DELAYS):
        return None
    return RETRY_DELAYS[tries - 1]
