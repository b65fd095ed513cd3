"""The timeline as people read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kagibag_app import l10n
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import ActorKind

# What the buyer sees of her own order; the rest is the organizer's business.
PUBLIC_KINDS = frozenset(
    {
        EntryKind.ORDER_PLACED,
        EntryKind.ORDER_STATUS,
        EntryKind.PAYMENT_ATTEMPT_FAILED,
        EntryKind.PAYMENT_CAPTURED,
        EntryKind.TICKETS_ISSUED,
        EntryKind.TICKETS_VOIDED,
        EntryKind.REFUND_REQUESTED,
        EntryKind.REFUND_WITHDRAWN,
        EntryKind.REFUND_APPROVED,
        EntryKind.REFUND_DECLINED,
        EntryKind.REFUND_REPLIED,
        EntryKind.REFUND_SENT,
        EntryKind.REFUND_SUCCEEDED,
    }
)

ORDER_STATUS_LABELS = {
    "pending": "Awaiting payment",
    "processing": "Payment processing",
    "paid": "Completed",
    "payment_failed": "Payment failed",
    "expired": "Expired",
    "cancelled": "Cancelled",
}
REFUND_STATE_LABELS = {
    "none": "Not refunded",
    "pending": "Refund pending",
    "partial": "Partially refunded",
    "full": "Refunded",
}
DISPUTE_STATE_LABELS = {
    "none": "No dispute",
    "open": "Disputed",
    "won": "Dispute won",
    "lost": "Dispute lost",
}


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One entry, ready to show.

    Attributes:
        text: What happened, one sentence.
        detail: What somebody said or Stripe answered; empty for none.
        actor: Who did it.
        when: Short time in the asked zone; ``exact`` is the full one, ``iso`` for machines (UTC).
        tone: neutral, progress, good, attention or bad.
        icon: A word that screens map to a picture.
        unexpected: Stripe jumped where our table of moves has no move.
    """

    id: int
    kind: str
    text: str
    detail: str
    actor: str
    when: str
    exact: str
    iso: str
    tone: str
    icon: str
    unexpected: bool


def row(
    *,
    id: int,
    kind: str,
    at: datetime,
    actor_kind: str,
    actor_name: str,
    old_state: str,
    new_state: str,
    data: dict[str, Any],
    unexpected: bool,
    zone: str,
) -> TimelineRow:
    """Put an entry into words.

    Args:
        at: UTC.
        zone: IANA zone of the one who reads.
    """
    text = sentence(kind, old_state=old_state, new_state=new_state, data=data)
    tone, icon = _look(kind, new_state)
    return TimelineRow(
        id=id,
        kind=kind,
        text=text,
        detail=_detail(kind, data),
        actor=_actor(actor_kind, actor_name),
        when=l10n.day_time(at, zone),
        exact=l10n.moment(at, zone),
        iso=at.isoformat(),
        tone=tone,
        icon=icon,
        unexpected=unexpected,
    )


def sentence(
    kind: str, *, old_state: str = "", new_state: str = "", data: dict[str, Any] | None = None
) -> str:
    """Say what happened; an unknown kind shows its own name rather than nothing."""
    say = _SENTENCES.get(kind)
    facts = {"old": old_state, "new": new_state, **(data or {})}
    return say(facts) if say else kind.replace("_", " ").capitalize()


def _detail(kind: str, data: dict[str, Any]) -> str:
    if kind in (EntryKind.MAIL_SENT, EntryKind.MAIL_FAILED):
        return str(data.get("error") or "")  # `message` is the mail's own id
    return str(data.get("message") or data.get("reason") or "")


def _actor(kind: str, name: str) -> str:
    if kind == ActorKind.ATTENDEE:
        return f"{name} (buyer)" if name else "Buyer"
    return name or {"system": "Kagibag", "stripe": "Stripe"}.get(kind, kind)


def _amount(facts: dict[str, Any]) -> str:
    minor = next(
        (facts[key] for key in ("amount_minor", "total_minor", "refunded_minor") if key in facts), None
    )
    return "" if minor is None or "currency" not in facts else l10n.money(minor, facts["currency"])


def _with(text: str) -> Callable[[dict[str, Any]], str]:
    """A sentence with ``{amount}`` and the entry's own data."""

    def say(facts: dict[str, Any]) -> str:
        known = _Facts(facts, amount=_amount(facts))
        return " ".join(text.format_map(known).split()).replace(" .", ".")

    return say


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _state(labels: dict[str, str]) -> Callable[[dict[str, Any]], str]:
    def say(facts: dict[str, Any]) -> str:
        new = str(facts["new"])
        return f"Now {labels.get(new, new).lower()}"

    return say


def _tickets(verb: str) -> Callable[[dict[str, Any]], str]:
    def say(facts: dict[str, Any]) -> str:
        named = facts.get("tickets", 1)
        count = named if isinstance(named, int) else len(named)
        return f"{count} {'ticket' if count == 1 else 'tickets'} {verb}"

    return say


def _mail(facts: dict[str, Any]) -> str:
    return f"Mail {'kept here' if facts.get('kept') else 'sent'}: {facts.get('subject', '')}".rstrip()


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    EntryKind.ORDER_PLACED: _with("Order placed {amount}"),
    EntryKind.ORDER_STATUS: _state(ORDER_STATUS_LABELS),
    EntryKind.REFUND_STATE: _state(REFUND_STATE_LABELS),
    EntryKind.DISPUTE_STATE: _state(DISPUTE_STATE_LABELS),
    EntryKind.PAYMENT_STATUS: _with("Payment became {new}"),
    EntryKind.PAYMENT_OPENED: _with("Payment page opened at Stripe"),
    EntryKind.PAYMENT_ATTEMPT_FAILED: _with("Payment declined {card}"),
    EntryKind.PAYMENT_CAPTURED: _with("{amount} paid {card}"),
    EntryKind.PAYMENT_EXPIRED: _with("Payment page expired"),
    EntryKind.LATE_PAYMENT: _with("{amount} arrived too late for this order"),
    EntryKind.TICKETS_ISSUED: _tickets("issued"),
    EntryKind.TICKETS_VOIDED: _tickets("voided"),
    EntryKind.TICKETS_REVIVED: _tickets("valid again"),
    EntryKind.REFUND_REQUESTED: _with("Asked for {amount} back"),
    EntryKind.REFUND_WITHDRAWN: _with("Refund request withdrawn"),
    EntryKind.REFUND_APPROVED: _with("Refund of {amount} approved"),
    EntryKind.REFUND_DECLINED: _with("Refund request declined"),
    EntryKind.REFUND_REPLIED: _with("Replied to the decision"),
    EntryKind.REFUND_SUPERSEDED: _with("Refund request closed: its tickets were settled another way"),
    EntryKind.REFUND_SENT: _with("Refund of {amount} sent to Stripe"),
    EntryKind.REFUND_PENDING: _with("Refund of {amount} pending at the bank"),
    EntryKind.REFUND_SUCCEEDED: _with("Refund of {amount} succeeded"),
    EntryKind.REFUND_FAILED: _with("Refund of {amount} failed"),
    EntryKind.REFUND_UNKNOWN: _with("Refund of {amount}: outcome unknown, being looked up"),
    EntryKind.REFUND_CANCELED: _with("Refund of {amount} canceled"),
    EntryKind.REFUND_RETRIED: _with("Refund of {amount} tried again"),
    EntryKind.REFUND_IMPORTED: _with("Refund of {amount} made at Stripe, outside Kagibag"),
    EntryKind.DISPUTE_OPENED: _with("Dispute over {amount} opened"),
    EntryKind.DISPUTE_UPDATED: _with("Dispute updated"),
    EntryKind.DISPUTE_FUNDS_WITHDRAWN: _with("{amount} withdrawn for the dispute"),
    EntryKind.DISPUTE_FUNDS_REINSTATED: _with("{amount} reinstated"),
    EntryKind.DISPUTE_CLOSED: _with("Dispute closed: {outcome}"),
    EntryKind.NOTE_ADDED: _with("Note added"),
    EntryKind.MAIL_SENT: _mail,
    EntryKind.MAIL_FAILED: _with("Mail could not be sent: {subject}"),
    EntryKind.WEBHOOK_QUEUED: _with("Webhook {type} queued"),
}

_LOOKS: dict[str, tuple[str, str]] = {
    EntryKind.ORDER_PLACED: ("neutral", "receipt"),
    EntryKind.PAYMENT_OPENED: ("neutral", "credit-card"),
    EntryKind.PAYMENT_ATTEMPT_FAILED: ("attention", "credit-card"),
    EntryKind.PAYMENT_CAPTURED: ("good", "credit-card"),
    EntryKind.LATE_PAYMENT: ("attention", "credit-card"),
    EntryKind.TICKETS_ISSUED: ("neutral", "ticket"),
    EntryKind.TICKETS_VOIDED: ("neutral", "ticket-x"),
    EntryKind.TICKETS_REVIVED: ("good", "ticket"),
    EntryKind.REFUND_REQUESTED: ("attention", "undo"),
    EntryKind.REFUND_APPROVED: ("progress", "check"),
    EntryKind.REFUND_DECLINED: ("neutral", "x"),
    EntryKind.REFUND_SENT: ("progress", "send"),
    EntryKind.REFUND_PENDING: ("progress", "landmark"),
    EntryKind.REFUND_SUCCEEDED: ("good", "check"),
    EntryKind.REFUND_FAILED: ("bad", "alert"),
    EntryKind.REFUND_UNKNOWN: ("attention", "alert"),
    EntryKind.DISPUTE_OPENED: ("bad", "shield"),
    EntryKind.DISPUTE_FUNDS_WITHDRAWN: ("bad", "landmark"),
    EntryKind.DISPUTE_FUNDS_REINSTATED: ("good", "landmark"),
    EntryKind.DISPUTE_CLOSED: ("neutral", "shield"),
    EntryKind.NOTE_ADDED: ("neutral", "note"),
    EntryKind.MAIL_SENT: ("neutral", "mail"),
    EntryKind.MAIL_FAILED: ("bad", "mail"),
    EntryKind.WEBHOOK_QUEUED: ("neutral", "webhook"),
}

_STATE_LOOKS: dict[tuple[str, str], tuple[str, str]] = {
    (EntryKind.ORDER_STATUS, "paid"): ("good", "check"),
    (EntryKind.ORDER_STATUS, "payment_failed"): ("bad", "alert"),
    (EntryKind.REFUND_STATE, "pending"): ("progress", "undo"),
    (EntryKind.DISPUTE_STATE, "open"): ("bad", "shield"),
    (EntryKind.DISPUTE_STATE, "lost"): ("bad", "shield"),
    (EntryKind.DISPUTE_STATE, "won"): ("good", "shield"),
}


def _look(kind: str, new_state: str) -> tuple[str, str]:
    return _STATE_LOOKS.get((kind, new_state)) or _LOOKS.get(kind) or ("neutral", "dot")
