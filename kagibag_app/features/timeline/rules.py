"""Kinds of timeline entries. The sentence of each is in ``views``."""

from __future__ import annotations

from enum import StrEnum


class EntryKind(StrEnum):
    """What happened."""

    ORDER_PLACED = "order_placed"
    ORDER_STATUS = "order_status"
    REFUND_STATE = "refund_state"
    DISPUTE_STATE = "dispute_state"
    PAYMENT_OPENED = "payment_opened"
    PAYMENT_ATTEMPT_FAILED = "payment_attempt_failed"
    PAYMENT_CAPTURED = "payment_captured"
    PAYMENT_EXPIRED = "payment_expired"
    PAYMENT_STATUS = "payment_status"
    LATE_PAYMENT = "late_payment"
    TICKETS_ISSUED = "tickets_issued"
    TICKETS_VOIDED = "tickets_voided"
    TICKETS_REVIVED = "tickets_revived"
    REFUND_REQUESTED = "refund_requested"
    REFUND_WITHDRAWN = "refund_withdrawn"
    REFUND_APPROVED = "refund_approved"
    REFUND_DECLINED = "refund_declined"
    REFUND_REPLIED = "refund_replied"
    REFUND_SUPERSEDED = "refund_superseded"
    REFUND_SENT = "refund_sent"
    REFUND_PENDING = "refund_pending"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_CANCELED = "refund_canceled"
    REFUND_RETRIED = "refund_retried"
    REFUND_IMPORTED = "refund_imported"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_UPDATED = "dispute_updated"
    DISPUTE_FUNDS_WITHDRAWN = "dispute_funds_withdrawn"
    DISPUTE_FUNDS_REINSTATED = "dispute_funds_reinstated"
    DISPUTE_CLOSED = "dispute_closed"
    NOTE_ADDED = "note_added"
    MAIL_SENT = "mail_sent"
    MAIL_FAILED = "mail_failed"
    WEBHOOK_QUEUED = "webhook_queued"


class AuditKind(StrEnum):
    """What a member or the command line did outside any order."""

    LOGIN = "login"
    LOGOUT = "logout"
    LOGIN_REFUSED = "login_refused"
    ORGANIZER_CREATED = "organizer_created"
    USER_CREATED = "user_created"
    MEMBER_ADDED = "member_added"
    EVENT_CREATED = "event_created"
    EVENT_PUBLISHED = "event_published"
    TICKET_TYPE_CREATED = "ticket_type_created"
    PROMOTION_CREATED = "promotion_created"
    WEBHOOK_CREATED = "webhook_created"
    WEBHOOK_CHANGED = "webhook_changed"
