"""The request under review in words. Pure: a view in, rows out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import cast

from kagibag_app import l10n
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.views import (
    MoneyBar,
    RefundRow,
    RequestDetail,
    RequestTicket,
    reason_label,
    waits,
)
from kagibag_app.web.admin.elapsed import ago
from kagibag_app.web.admin.refunds.rows import NoteLine, RefundLine, Review, TicketLine, WarningLine
from kagibag_app.web.components.waterfall import Bar, Kind

_FIGURES = re.compile(r"[\d.,\s]")
_DISPUTES = {"open": "Open", "won": "Won", "lost": "Lost"}
_YOURS = "You approved this first; somebody else confirms it."
_UNPAID = "Nothing of this payment is left to refund."


def review(found: RequestDetail, zone: str, now: datetime, *, place: str, user_id: int | None) -> Review:
    """Return the request with everything around it.

    Args:
        found: As stored.
        zone: The organizer's; the event's own day stays in the event's zone.
        now: Decides ages (UTC).
        place: ``1 of 7``, empty when it is not in the list.
        user_id: Who looks.
    """
    mine = found.first is not None and found.first.by_id == user_id
    asked = datetime.fromisoformat(found.asked_at)
    undecided = waits(found.status)
    return Review(
        id=found.id,
        status=found.status,
        lead=_lead(found, undecided=undecided),
        amount=l10n.money(found.amount_minor, found.currency),
        facts=_facts(found),
        asked=ago(asked, now),
        asked_iso=found.asked_at,
        asked_exact=l10n.moment(asked, zone),
        order_number=found.order_number,
        order_href=f"/admin/orders/{found.order_number}",
        mend_href=f"/admin/orders/{found.order_number}#refunds",
        place=place,
        category=f"Begun by {found.made_by}" if found.made_by else reason_label(found.category),
        reason=found.reason,
        reply=found.reply,
        decision=_decision(found, zone),
        answer=found.answer,
        undecided=undecided,
        refundable=found.may_decide and not mine,
        blocked=_YOURS if found.may_decide and mine else "" if found.may_decide else found.blocked or _UNPAID,
        first=_first(found, zone),
        mine=mine,
        failed=found.may_retry,
        failure=found.failure,
        first_name=(found.buyer_name.split() or ["the buyer"])[0],
        symbol=_FIGURES.sub("", l10n.money(0, found.currency)),
        limit=f"Up to {l10n.money(found.limit_minor, found.currency)}",
        bar=_bar_hint(found, keeps=False),
        bar_kept=_bar_hint(found, keeps=True),
        ends=found.ends > 0 and not found.made_by,
        rule=found.rule,
        later=_later(found, zone),
        person=found.person,
        placed=l10n.moment(datetime.fromisoformat(found.placed_at), zone),
        paid=l10n.money(found.total_minor, found.currency),
        code=found.discount_code,
        method=found.method,
        checked_in=f"{found.checked_in} of {len(found.tickets)}" if found.checked_in else "None",
        dispute=_DISPUTES.get(found.dispute_state, "None"),
        email=found.buyer.email,
        orders=_orders(found),
        refunds=_refunded(found),
        disputes=str(found.buyer.disputes),
    )


def ticket_lines(found: RequestDetail) -> list[TicketLine]:
    """Return the order's tickets; those asked for come first."""
    ordered = sorted(found.tickets, key=lambda ticket: not ticket.asked)
    return [_ticket(ticket, found.currency) for ticket in ordered]


def warning_lines(found: RequestDetail) -> list[WarningLine]:
    """Return what to know before deciding."""
    return [WarningLine(flag.label, flag.detail) for flag in found.warnings]


def refund_lines(found: RequestDetail, zone: str) -> list[RefundLine]:
    """Return the request's refunds, newest first."""
    return [_refund(refund, zone) for refund in found.refunds]


def note_lines(found: RequestDetail, zone: str) -> list[NoteLine]:
    """Return the private notes, newest first."""
    return [
        NoteLine(n.author, n.text, l10n.moment(datetime.fromisoformat(n.at), zone), n.at) for n in found.notes
    ]


def money_bars(found: RequestDetail, zone: str, *, typed_minor: int | None) -> tuple[list[Bar], str]:
    """Return where the payment's money is, and what Stripe's fee leaves of it.

    Args:
        found: As stored.
        zone: The organizer's.
        typed_minor: The amount in the field, when it can be refunded; otherwise what the policy gave is shown.
    """
    shown = found.bars if typed_minor is None else _with_amount(found.bars, typed_minor)
    bars = [
        Bar.of(
            _bar_label(bar, zone), l10n.money(bar.amount_minor, found.currency), start=bar.start_minor,
            length=bar.length_minor, scale=found.captured_minor, kind=cast("Kind", bar.kind),
        )
        for bar in shown
    ]  # fmt: skip
    return bars, _fee(found, shown[-1].amount_minor if shown else 0)


def _with_amount(bars: list[MoneyBar], amount: int) -> list[MoneyBar]:
    """Replace the refund under decision by another amount."""
    before = next((bar.start_minor + bar.length_minor for bar in bars if bar.kind == "now"), None)
    if before is None:
        return bars
    left = before - amount
    kept = [bar for bar in bars if bar.kind not in ("now", "sum")]
    return [
        *kept,
        MoneyBar("This refund", -amount, left, amount, "now"),
        MoneyBar("Stays with you", left, 0, left, "sum"),
    ]


def _bar_label(bar: MoneyBar, zone: str) -> str:
    if not bar.at or bar.kind != "out":
        return bar.label
    _, date, month, *_ = l10n.day(datetime.fromisoformat(bar.at), zone).split()
    return f"{bar.label} {date} {month}"


def _fee(found: RequestDetail, stays: int) -> str:
    """Say what the organizer bears: what neither Stripe nor the platform gives back."""
    fees = found.fees
    if not fees.total_minor or fees.currency != found.currency:
        return ""
    stripe, platform, rest = (
        l10n.money(minor, found.currency)
        for minor in (fees.stripe_minor, fees.platform_minor, stays - fees.total_minor)
    )
    also = f" and the platform its {platform}" if fees.platform_minor else ""
    return f"Stripe keeps its {stripe} fee{also}, so {rest} of this order remains after costs."


def _facts(found: RequestDetail) -> str:
    asked = sum(ticket.asked for ticket in found.tickets)
    noun = "ticket" if len(found.tickets) == 1 else "tickets"
    day = l10n.day(datetime.fromisoformat(found.event_starts_at), found.event_zone)
    whom = f"to {found.buyer_name} · " if found.made_by else ""
    return f"{whom}{asked} of {len(found.tickets)} {noun} · {found.event_title}, {day}"


def _lead(found: RequestDetail, *, undecided: bool) -> str:
    if found.made_by:
        return f"{found.made_by} {'wants to return' if undecided else 'returned'}"
    return f"{found.buyer_name} {'asks' if undecided else 'asked'} for"


def _first(found: RequestDetail, zone: str) -> str:
    if found.first is None or found.status != RequestStatus.AWAITING_SECOND:
        return ""
    amount = l10n.money(found.first.amount_minor, found.currency)
    when = l10n.moment(datetime.fromisoformat(found.first.at), zone)
    then = "An owner or another manager confirms it before it is sent; the buyer knows nothing of it yet."
    return f"{found.first.by} approved {amount} on {when}. {then}"


def _decision(found: RequestDetail, zone: str) -> str:
    if not found.decided_at:
        return ""
    when = l10n.moment(datetime.fromisoformat(found.decided_at), zone)
    who = found.decided_by or "The policy"
    if found.approved_minor:
        after = f", after {found.first.by}" if found.first else ""
        return f"{who} approved {l10n.money(found.approved_minor, found.currency)} on {when}{after}."
    return f"{who} declined on {when}."


def _bar_hint(found: RequestDetail, *, keeps: bool) -> str:
    tickets = (
        "no ticket"
        if keeps
        else "1 ticket"
        if found.ends == 1
        else f"{found.ends} tickets"
        if found.ends
        else "no ticket"
    )
    return f"To {found.method or 'the original payment method'}, usually 5–10 days. Voids {tickets}."


def _later(found: RequestDetail, zone: str) -> str:
    _, date, month, *_ = l10n.day(datetime.fromisoformat(found.placed_at), zone).split()
    return f"As bought on {date} {month}. {found.later_rules}".strip() if found.rule else ""


def _orders(found: RequestDetail) -> str:
    buyer = found.buyer
    if not buyer.since:
        return str(buyer.orders)
    year = datetime.fromisoformat(buyer.since).year
    return f"{buyer.orders} since {year}, {l10n.money(buyer.paid_minor, buyer.currency)}"


def _refunded(found: RequestDetail) -> str:
    buyer = found.buyer
    if not buyer.refunds:
        return "None"
    noun = "order" if buyer.refunds == 1 else "orders"
    return f"{buyer.refunds} {noun}, {l10n.money(buyer.refunded_minor, buyer.currency)}"


def _ticket(ticket: RequestTicket, currency: str) -> TicketLine:
    refund, kept = "", ""
    if ticket.asked:
        refund = l10n.money(ticket.refund_minor, currency)
        kept = l10n.money(-ticket.kept_minor, currency) if ticket.kept_minor else ""
    elif ticket.sent_minor:
        refund = f"{l10n.money(ticket.sent_minor, currency)} sent"
    paid = l10n.money(ticket.paid_minor, currency)
    return TicketLine(
        ticket.id, ticket.type_name, ticket.code, ticket.status, paid, kept, refund, ticket.asked
    )


def _refund(refund: RefundRow, zone: str) -> RefundLine:
    by = f" by {refund.requested_by}" if refund.requested_by else ""
    return RefundLine(
        id=refund.id,
        status=refund.status,
        amount=l10n.money(refund.amount_minor, refund.currency),
        about=f"Made{by}, {l10n.moment(datetime.fromisoformat(refund.created_at), zone)}",
        stripe_id=refund.stripe_id,
        bank_reference=refund.bank_reference,
        failure=refund.failure,
        note=_next_try(refund, zone),
    )


def _next_try(refund: RefundRow, zone: str) -> str:
    if not refund.note or not refund.next_try_at:
        return refund.note
    return f"{refund.note} Next try {l10n.day_time(datetime.fromisoformat(refund.next_try_at), zone)}."
