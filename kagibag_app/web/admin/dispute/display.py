"""One dispute in words. Pure: a view in, rows out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kagibag_app import l10n
from kagibag_app.features.disputes.rules import (
    CLOSED,
    OPEN_CHARGEBACK,
    UNANSWERED,
    DisputeEventKind,
    DisputeKind,
    DisputeStatus,
)
from kagibag_app.features.disputes.views import DisputeEventView, DisputeView
from kagibag_app.web.admin.dispute.rows import DisputeFace, StepRow
from kagibag_app.web.admin.disputes.rows import deadline
from kagibag_app.web.components.steps import Step
from kagibag_app.web.components.waterfall import Bar

_OUTCOMES = {
    "won": "The bank decided for you",
    "lost": "The bank decided for the buyer",
    "prevented": "Prevented",
}
_REVIEWING = (DisputeStatus.UNDER_REVIEW, DisputeStatus.INQUIRY_UNDER_REVIEW)


def face(view: DisputeView, zone: str, now: datetime, *, stripe_href: str, sandbox: bool) -> DisputeFace:
    """Return the dispute with everything but its steps and bars.

    Args:
        view: As read.
        zone: The organizer's.
        now: What deadlines count from (UTC).
        stripe_href: Where it is answered.
        sandbox: Whether that is the sandbox's console instead of Stripe's Dashboard.
    """
    row, blocks = view.row, view.row.status in OPEN_CHARGEBACK
    money = _money(row.currency)
    return DisputeFace(
        id=row.public_id,
        heading=f"{money(row.amount_minor)} · {row.reason_label}",
        status=row.status,
        about=" · ".join(part for part in (row.buyer_name, row.event_title, view.method) if part),
        stripe_id=view.stripe_id,
        meaning=view.reason_sentence,
        until=deadline(row, zone, now),
        answerable=row.status in UNANSWERED and not row.past_due,
        respond=_respond(row.status),
        stripe_href=stripe_href,
        stripe_label="Open the sandbox" if sandbox else "Open in Stripe",
        blocked=_blocked(row.status, row.kind),
        blocks=blocks,
        refund_now="Blocked while it is open" if blocks else "Not blocked by this",
        kind="Inquiry" if row.kind == DisputeKind.INQUIRY else "Chargeback",
        reason=row.reason_label,
        reason_code=view.network_reason_code,
        opened=l10n.moment(row.opened_at, zone),
        closed=l10n.moment(row.closed_at, zone) if row.closed_at else "",
        answers=_answers(view.submission_count),
        evidence="Saved at Stripe, not sent" if view.has_evidence and not view.submission_count else "",
        order_number=row.order_number,
        order_href=f"/admin/orders/{row.order_number}",
        buyer=row.buyer_name,
        event=row.event_title,
        method=view.method,
        captured=money(view.captured_minor),
        refunded=money(view.refunded_minor) if view.refunded_minor else "Nothing",
        disputed=money(row.amount_minor),
        withdrawn=_in(view.settlement_currency, view.withdrawn_minor),
        fee=_in(view.settlement_currency, view.fee_minor),
        combined=_combined(view),
        fee_hint=_fee_hint(view),
    )


def stakes(view: DisputeView) -> list[Bar]:
    """Return what is at stake, on one scale; without the sums when it settles in another currency."""
    row, money = view.row, _money(view.row.currency)
    settled = row.status in (DisputeStatus.WON, DisputeStatus.LOST)
    scale = max(view.captured_minor, row.amount_minor)
    left = view.captured_minor - view.refunded_minor
    bars = [Bar.of("Captured", money(view.captured_minor), start=0, length=view.captured_minor, scale=scale)]
    if view.refunded_minor:
        amount = view.refunded_minor
        bars.append(Bar.of("Refunded", money(-amount), start=left, length=amount, scale=scale, kind="out"))
    bars.append(
        Bar.of(
            "Disputed", money(-row.amount_minor), start=0, length=row.amount_minor, scale=scale, kind="loss"
        )
    )
    if view.if_lost_minor is None or view.if_won_minor is None:
        return bars
    if view.fee_minor:
        fee = view.fee_minor
        bars.append(Bar.of("Dispute fee", money(-fee), start=0, length=fee, scale=scale, kind="loss"))
    lost, won = view.if_lost_minor, view.if_won_minor
    if not settled or row.status == DisputeStatus.LOST:
        label = "Left of it" if settled else "If lost"
        kind = "sum loss" if lost < 0 else "sum"
        bars.append(Bar.of(label, money(lost), start=0, length=abs(lost), scale=scale, kind=kind))
    if not settled or row.status == DisputeStatus.WON:
        label, kind = ("Left of it", "sum") if settled else ("If won", "")
        bars.append(Bar.of(label, money(won), start=0, length=max(won, 0), scale=scale, kind=kind))
    return bars


def tracker(view: DisputeView, zone: str, now: datetime) -> list[Step]:
    """Return where it stands: opened, answer, review, outcome."""
    row = view.row
    opened = Step("Opened", _day_time(row.opened_at, zone), "done")
    if row.status in CLOSED:
        return [opened, *_closed_steps(view, zone)]
    reviewing = row.status in _REVIEWING
    answered = Step("Answer sent", "", "done") if reviewing else _answer_step(view, zone, now)
    review = Step("Bank reviews", "60 to 75 days", "now" if reviewing else "todo", "landmark")
    return [opened, answered, review, Step("Outcome")]


def step_rows(view: DisputeView, zone: str) -> list[StepRow]:
    """Return what happened, newest first."""
    rows = [_step(event, index, zone) for index, event in enumerate(view.events)]
    return rows[::-1]


def _closed_steps(view: DisputeView, zone: str) -> list[Step]:
    row = view.row
    when = _day_time(row.closed_at, zone) if row.closed_at else ""
    lost = row.status == DisputeStatus.LOST
    labels = {DisputeStatus.WON: "Won", DisputeStatus.LOST: "Lost", DisputeStatus.PREVENTED: "Prevented"}
    outcome = Step(labels.get(DisputeStatus(row.status), "Closed"), when, "failed" if lost else "done", "x")
    answered = [Step("Answer sent", "", "done")] if view.submission_count else []
    return [*answered, outcome]


def _answer_step(view: DisputeView, zone: str, now: datetime) -> Step:
    row = view.row
    if row.due_at is None:
        return Step("Your answer", "", "now", "pencil")
    if row.past_due or row.due_at <= now:
        return Step("No answer sent", f"was due {_day_time(row.due_at, zone)}", "failed", "x")
    return Step("Your answer", f"until {_day_time(row.due_at, zone)}", "now", "pencil")


def _step(event: DisputeEventView, index: int, zone: str) -> StepRow:
    text, detail = _words(event)
    exact = l10n.moment(event.at, zone)
    return StepRow(str(index), event.kind, text, detail, exact, event.at.isoformat(), exact)


def _words(event: DisputeEventView) -> tuple[str, str]:
    data: dict[str, Any] = event.data
    if event.kind == DisputeEventKind.FUNDS_WITHDRAWN:
        return f"{_total(data)} withdrawn", _fee_part(data)
    if event.kind == DisputeEventKind.FUNDS_REINSTATED:
        return f"{_total(data)} reinstated", ""
    if event.kind == DisputeEventKind.CLOSED:
        outcome = str(data.get("outcome", ""))
        return f"Dispute closed: {outcome}", _OUTCOMES.get(outcome, "")
    if event.kind == DisputeEventKind.OPENED and "amount_minor" in data:
        return f"Dispute opened over {_in(data['currency'], data['amount_minor'])}", str(
            data.get("reason", "")
        )
    return event.label, str(data.get("status", "")).replace("_", " ").capitalize()


def _total(data: dict[str, Any]) -> str:
    fee = data.get("fee_minor", 0)
    return _in(data["currency"], data["amount_minor"] + max(fee, 0))


def _fee_part(data: dict[str, Any]) -> str:
    fee = data.get("fee_minor", 0)
    return f"{_in(data['currency'], fee)} of it is the dispute fee" if fee > 0 else ""


def _respond(status: str) -> str:
    if status in UNANSWERED:
        return "One answer only: it cannot be changed once sent. Without one the bank decides for the buyer."
    if status in _REVIEWING:
        return "The answer is with the bank. There is nothing to do until it decides."
    return "It is decided. There is nothing to do any more."


def _blocked(status: str, kind: str) -> str:
    if status in OPEN_CHARGEBACK:
        return (
            "The bank holds this money until it decides. Refunds of the order are refused meanwhile; "
            "open refund requests can be declined, not approved."
        )
    if kind == DisputeKind.INQUIRY and status not in CLOSED:
        return "The bank only asks so far. A refund now may settle it before it becomes a chargeback."
    return "Nothing is blocked by it any more."


def _answers(count: int) -> str:
    return "Not sent" if not count else "Sent once" if count == 1 else f"Sent {count} times"


def _combined(view: DisputeView) -> str:
    money = _money(view.row.currency)
    if not view.refunded_minor or view.row.status in (DisputeStatus.WON, DisputeStatus.PREVENTED):
        return ""
    return (
        f"Refunds of {money(view.refunded_minor)} and the dispute together take "
        f"{money(view.refunded_minor + view.row.amount_minor)} of {money(view.captured_minor)} captured."
    )


def _fee_hint(view: DisputeView) -> str:
    if view.if_lost_minor is None:
        return f"Stripe settles this in {view.settlement_currency}; sums over two currencies are not made."
    stays = " The dispute fee stays either way." if view.fee_minor and view.row.open else ""
    return f"Before Stripe's fee for the payment.{stays}"


def _money(currency: str):
    return lambda minor: l10n.money(minor, currency)


def _in(currency: str, minor: int) -> str:
    return l10n.money(minor, currency) if minor else "Nothing"


def _day_time(at: datetime, zone: str) -> str:
    return l10n.day_time(at, zone)
