"""What each kind of entry says: a sentence, what there is to know about it, and what a person wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from kagibag_app import l10n
from kagibag_app.features.timeline.rules import EntryKind

# Codes and names that a detail lists before it only counts the rest.
_LISTED = 4


def sentence(
    kind: str, *, old_state: str = "", new_state: str = "", data: dict[str, Any] | None = None
) -> str:
    """Say what happened; an unknown kind shows its own name rather than nothing."""
    say = _SENTENCES.get(kind)
    facts = {"old": old_state, "new": new_state, **(data or {})}
    return say(facts) if say else kind.replace("_", " ").capitalize()


def detail(kind: str, data: dict[str, Any], *, unexpected: bool = False) -> str:
    """Say what there is to know about it; empty for nothing."""
    say = _DETAILS.get(kind, _reason)
    odd = "Stripe reported this out of turn; it was taken over as reported." if unexpected else ""
    return " ".join(filter(None, (say(data), odd)))


def said(kind: str, data: dict[str, Any]) -> str:
    """Return what a person wrote: a note, a reason, an answer; empty for nothing."""
    return str(data.get("message") or "") if kind in _SAID else ""


def _amount(facts: dict[str, Any]) -> str:
    minor = next(
        (facts[key] for key in ("amount_minor", "total_minor", "refunded_minor") if key in facts), None
    )
    return "" if minor is None or "currency" not in facts else l10n.money(minor, facts["currency"])


class _Facts(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _with(text: str, *, plain: str = "") -> Callable[[dict[str, Any]], str]:
    """A sentence with ``{amount}`` and the entry's own data; ``plain`` where one of them is missing."""
    needed = re.findall(r"{(\w+)}", text)

    def say(facts: dict[str, Any]) -> str:
        known = _Facts(facts, amount=_amount(facts))
        chosen = plain if plain and not all(known[name] for name in needed) else text
        return " ".join(chosen.format_map(known).split()).rstrip(" ,:")

    return say


def _state(sentences: dict[str, str]) -> Callable[[dict[str, Any]], str]:
    def say(facts: dict[str, Any]) -> str:
        new = str(facts["new"])
        return _with(sentences.get(new, f"Now {new}"))(facts)

    return say


def _tickets(verb: str) -> Callable[[dict[str, Any]], str]:
    def say(facts: dict[str, Any]) -> str:
        named = facts.get("tickets", 1)
        count = named if isinstance(named, int) else len(named)
        return f"{count} {'ticket' if count == 1 else 'tickets'} {verb}"

    return say


def _placed(facts: dict[str, Any]) -> str:
    amount, code = _amount(facts), facts.get("discount_code")
    return f"Order placed{f' for {amount}' if amount else ''}{f' with code {code}' if code else ''}"


def _late(facts: dict[str, Any]) -> str:
    amount = _amount(facts) or "A payment"
    if "refund" in facts:
        return f"{amount} goes back: it came too late for this order"
    return f"{amount} arrived too late for this order"


def _mail(facts: dict[str, Any]) -> str:
    return f"Mail {'kept here' if facts.get('kept') else 'sent'}: {facts.get('subject', '')}".rstrip()


def _note(facts: dict[str, Any]) -> str:
    names = _listed(facts.get("mentions"))
    return f"Note for {names}" if names else "Note added"


def _reason(data: dict[str, Any]) -> str:
    return str(data.get("reason") or "")


def _answered(data: dict[str, Any]) -> str:
    return str(data.get("message") or data.get("reason") or "")


def _listed(names: object) -> str:
    """Name a few of a list; a mere count was said in the sentence."""
    if not isinstance(names, Sequence) or isinstance(names, str):
        return ""
    shown, rest = [str(name) for name in names[:_LISTED]], len(names) - _LISTED
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _codes(data: dict[str, Any]) -> str:
    return ": ".join(filter(None, (_listed(data.get("tickets")), _reason(data))))


def _lost(data: dict[str, Any]) -> str:
    gone = (
        "Its tickets stay void until somebody makes them valid again."
        if data.get("tickets_stay_void")
        else ""
    )
    return " ".join(filter(None, (_reason(data), gone)))


def _returned(data: dict[str, Any]) -> str:
    return f"By {data.get('way') or 'another way'}, reference {data.get('reference') or 'none'}."


def _allocated(data: dict[str, Any]) -> str:
    codes = _listed(data.get("tickets"))
    return f"Its tickets are void: {codes}." if codes else "Its tickets stay valid."


def _too_late(data: dict[str, Any]) -> str:
    return {
        "already_paid": "The order was paid already.",
        "cancelled": "The order was cancelled before.",
        "no_capacity": "Its seats were sold meanwhile.",
    }.get(str(data.get("why")), "")


def _dispute_step(data: dict[str, Any]) -> str:
    words = str(data.get("status") or "").replace("_", " ").capitalize()
    sent = data.get("submissions") or 0
    return ", ".join(
        filter(None, (words, f"{sent} {'answer' if sent == 1 else 'answers'} sent" if sent else ""))
    )


def _dispute_fee(data: dict[str, Any]) -> str:
    fee = data.get("fee_minor") or 0
    if not fee or "currency" not in data:
        return ""
    kept = "Dispute fee" if fee > 0 else "Dispute fee returned"
    return f"{kept}: {l10n.money(abs(fee), data['currency'])}"


# Kinds whose ``message`` is what a person wrote.
_SAID = frozenset(
    {
        EntryKind.REFUND_REQUESTED,
        EntryKind.REFUND_APPROVED,
        EntryKind.REFUND_DECLINED,
        EntryKind.REFUND_REPLIED,
        EntryKind.REFUND_STARTED,
        EntryKind.REFUND_RETURNED,
        EntryKind.CANCEL_STARTED,
        EntryKind.ORDER_STATUS,
        EntryKind.NOTE_ADDED,
    }
)

_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    EntryKind.ORDER_PLACED: _placed,
    EntryKind.ORDER_STATUS: _state(
        {
            "pending": "Payment tried again: seats held anew",
            "processing": "Payment is processing",
            "paid": "Order completed",
            "payment_failed": "Payment failed: the seats are back on sale",
            "expired": "Order expired: the seats are back on sale",
            "cancelled": "Order cancelled",
        }
    ),
    EntryKind.REFUND_STATE: _state(
        {
            "none": "No longer refunded",
            "pending": "A refund is on its way",
            "partial": "Partially refunded so far: {amount}",
            "full": "Refunded in full: {amount}",
        }
    ),
    EntryKind.DISPUTE_STATE: _state(
        {
            "none": "No longer disputed",
            "open": "The order is disputed",
            "won": "The order's disputes are won",
            "lost": "The order's dispute is lost",
        }
    ),
    EntryKind.PAYMENT_STATUS: _with("Payment became {new}"),
    EntryKind.PAYMENT_OPENED: _with(
        "Payment page for {amount} opened at Stripe", plain="Payment page opened at Stripe"
    ),
    EntryKind.PAYMENT_ATTEMPT_FAILED: _with("Payment declined: {card}"),
    EntryKind.PAYMENT_CAPTURED: _with("{amount} paid with {card}", plain="{amount} paid"),
    EntryKind.PAYMENT_EXPIRED: _with("Payment page expired"),
    EntryKind.LATE_PAYMENT: _late,
    EntryKind.TICKETS_ISSUED: _tickets("issued"),
    EntryKind.TICKETS_VOIDED: _tickets("voided"),
    EntryKind.TICKETS_REVIVED: _tickets("valid again"),
    EntryKind.TICKET_CHECKED_IN: _with("Ticket {ticket} used at the door", plain="Ticket used at the door"),
    EntryKind.TICKET_CHECK_IN_UNDONE: _with("Check-in of ticket {ticket} undone", plain="Check-in undone"),
    EntryKind.REFUND_REQUESTED: _with("Asked for {amount} back", plain="Asked for a refund"),
    EntryKind.REFUND_WITHDRAWN: _with("Refund request withdrawn"),
    EntryKind.REFUND_APPROVED: _with("Refund of {amount} approved", plain="Refund approved"),
    EntryKind.REFUND_FIRST_APPROVED: _with("Refund of {amount} approved first: it waits for a second person"),
    EntryKind.REFUND_NOT_CONFIRMED: _with("Refund of {amount} not confirmed: nothing was sent"),
    EntryKind.REFUND_DECLINED: _with("Refund of {amount} declined", plain="Refund declined"),
    EntryKind.REFUND_REPLIED: _with("Answered the decision"),
    EntryKind.REFUND_SUPERSEDED: _with("Refund request closed: its tickets were settled another way"),
    EntryKind.REFUND_STARTED: _with("Refund of {amount} started", plain="Refund started"),
    EntryKind.REFUND_SENT: _with("Refund of {amount} sent to Stripe", plain="Refund sent to Stripe"),
    EntryKind.REFUND_PENDING: _with(
        "Refund of {amount} pending at the bank", plain="Refund pending at the bank"
    ),
    EntryKind.REFUND_SUCCEEDED: _with("Refund of {amount} succeeded", plain="Refund succeeded"),
    EntryKind.REFUND_FAILED: _with("Refund of {amount} failed", plain="Refund failed"),
    EntryKind.REFUND_UNKNOWN: _with(
        "Refund of {amount}: outcome unknown, being looked up", plain="Refund: outcome unknown"
    ),
    EntryKind.REFUND_CANCELED: _with("Refund of {amount} canceled", plain="Refund canceled"),
    EntryKind.REFUND_RETRIED: _with("Refund of {amount} tried again", plain="Refund tried again"),
    EntryKind.REFUND_IMPORTED: _with(
        "Refund of {amount} made at Stripe, outside Kagibag", plain="Refund made at Stripe"
    ),
    EntryKind.REFUND_ALLOCATED: _with(
        "Refund of {amount} made at Stripe allocated", plain="Refund allocated"
    ),
    EntryKind.REFUND_RETURNED: _with("{amount} returned outside Stripe", plain="Returned outside Stripe"),
    EntryKind.CANCEL_STARTED: _with(
        "Cancelling the order: {amount} goes back first",
        plain="Cancelling the order: its payment page is closed first",
    ),
    EntryKind.CANCEL_DROPPED: _with("Not cancelled: the buyer paid before the payment page was closed"),
    EntryKind.DISPUTE_OPENED: _with("Bank opened a dispute over {amount}", plain="Bank opened a dispute"),
    EntryKind.DISPUTE_UPDATED: _with("Dispute updated"),
    EntryKind.DISPUTE_FUNDS_WITHDRAWN: _with(
        "{amount} withdrawn for the dispute", plain="Money withdrawn for the dispute"
    ),
    EntryKind.DISPUTE_FUNDS_REINSTATED: _with(
        "{amount} returned after the dispute", plain="Money returned after the dispute"
    ),
    EntryKind.DISPUTE_CLOSED: _with("Dispute closed: {outcome}"),
    EntryKind.EMAIL_CORRECTED: _with(
        "Email address corrected from {before} to {after}", plain="Email address corrected"
    ),
    EntryKind.NOTE_ADDED: _note,
    EntryKind.MAIL_SENT: _mail,
    EntryKind.MAIL_FAILED: _with("Mail could not be sent: {subject}"),
    EntryKind.WEBHOOK_QUEUED: _with("Webhook {type} queued", plain="Webhook queued"),
}

_DETAILS: dict[str, Callable[[dict[str, Any]], str]] = {
    EntryKind.PAYMENT_ATTEMPT_FAILED: _answered,
    EntryKind.LATE_PAYMENT: _too_late,
    EntryKind.TICKETS_VOIDED: _codes,
    EntryKind.TICKETS_REVIVED: _codes,
    EntryKind.TICKET_CHECKED_IN: lambda data: str(data.get("door") or ""),
    EntryKind.REFUND_REQUESTED: _codes,
    EntryKind.REFUND_STARTED: _codes,
    EntryKind.REFUND_SENT: lambda data: str(data.get("stripe_id") or ""),
    EntryKind.REFUND_IMPORTED: lambda data: str(data.get("stripe_id") or ""),
    EntryKind.REFUND_ALLOCATED: _allocated,
    EntryKind.REFUND_RETURNED: _returned,
    EntryKind.REFUND_FAILED: _lost,
    EntryKind.REFUND_CANCELED: _lost,
    EntryKind.DISPUTE_UPDATED: _dispute_step,
    EntryKind.DISPUTE_FUNDS_WITHDRAWN: _dispute_fee,
    EntryKind.DISPUTE_FUNDS_REINSTATED: _dispute_fee,
    EntryKind.MAIL_FAILED: lambda data: str(data.get("error") or ""),
    EntryKind.WEBHOOK_QUEUED: lambda data: _listed(data.get("endpoints")),
}
