"""Refunds in words: what was asked and where it stands, and what may be asked now. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, cast
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.views import OrderView
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.rules.automatic import why_person_for_tickets
from kagibag_app.features.refunds.rules.tracker import StepKey
from kagibag_app.features.refunds.views import (
    AttendeeRefunds,
    RefundCard,
    RefundOptions,
    TicketOption,
    TrackerStep,
)
from kagibag_app.web.attendee.order.rows import AskForm, PickRow, RefundRow
from kagibag_app.web.components.price_table import PriceLine
from kagibag_app.web.components.steps import Step

_OVER = {
    RequestStatus.WITHDRAWN: "You withdrew this request. Your tickets stay valid and no money moved.",
    RequestStatus.SUPERSEDED: "These tickets were settled another way, so this request is closed.",
}


def refund_rows(found: AttendeeRefunds, order: OrderView, card: str) -> list[RefundRow]:
    """Return every request and refund of an order, newest first.

    Args:
        found: As stored.
        order: The order, for its zone and organizer.
        card: Where the money goes back to, ``Visa •••• 4242``; empty when unknown.
    """
    return [_row(refund, order, card) for refund in found.cards]


def ask_form(found: AttendeeRefunds, order: OrderView, chosen: Collection[str]) -> AskForm:
    """Return the form with the tickets that can be given back now.

    Args:
        found: What may be asked.
        order: The order.
        chosen: Public ids of the tickets that are ticked; others than those offered count for nothing.
    """
    options = found.options
    offered = [ticket for ticket in options.tickets if ticket.selectable]
    if not offered:
        explain = order.status == OrderStatus.PAID and not found.cards
        return AskForm(instead=options.why_not if explain else "")
    ticked = [ticket for ticket in offered if ticket.id in chosen]
    back = sum(ticket.amount_minor for ticket in ticked)
    shown = l10n.money(back, options.currency)
    person = options.person or why_person_for_tickets(
        back, options.currency, used=sum(ticket.used for ticket in ticked), limit_minor=options.alone_minor
    )
    at_once = bool(ticked) and not person
    return AskForm(
        rule=options.policy,
        picks=[_pick(ticket, options.currency, ticket.id in chosen) for ticket in options.tickets],
        lines=_lines(ticked, options),
        back_minor=back,
        at_once=at_once,
        next_step=_next_step(order.event.organizer_name, at_once=at_once),
        button=(f"Request {shown} back" if back else "Ask for a refund") if ticked else "Choose tickets",
        back=shown if back else "",
        blocked=not ticked,
        round=str(len(found.cards)),
    )


def _pick(ticket: TicketOption, currency: str, checked: bool) -> PickRow:
    return PickRow(
        ticket.id,
        ticket.type_name,
        ticket.code,
        l10n.money(ticket.amount_minor, currency) if ticket.selectable else "",
        checked and ticket.selectable,
        sentence=ticket.sentence if ticket.selectable else "",
        why_not="" if ticket.selectable else f"{ticket.why_not[:1].upper()}{ticket.why_not[1:]}",
    )


def _next_step(organizer: str, *, at_once: bool) -> str:
    if at_once:
        return (
            f"The policy of {organizer} approves this at once: the money is sent right away, the tickets can't be used "
            "any more, and it can't be taken back."
        )
    return f"A person at {organizer} decides. The tickets stay valid until then, and you can withdraw the request."


def _lines(ticked: list[TicketOption], options: RefundOptions) -> list[PriceLine]:
    if not ticked:
        return []
    paid, back = sum(t.paid_minor for t in ticked), sum(t.amount_minor for t in ticked)
    count = "1 ticket" if len(ticked) == 1 else f"{len(ticked)} tickets"
    lines = [PriceLine(f"Paid for {count}", l10n.money(paid, options.currency))]
    if paid != back:
        lines.append(PriceLine("Kept by the organizer", l10n.money(back - paid, options.currency)))
    return [*lines, PriceLine("You get back", l10n.money(back, options.currency), kind="total")]


def _row(refund: RefundCard, order: OrderView, card: str) -> RefundRow:
    zone, organizer = order.event.zone, order.event.organizer_name
    amount, sentence = _said(refund, order, card)
    return RefundRow(
        id=refund.id,
        title=refund.title,
        amount=amount,
        sentence=sentence,
        notice=refund.trouble,
        steps=[] if refund.status in _OVER else [_step(step, zone, organizer) for step in refund.steps],
        asked=refund.reason,
        answer=refund.answer,
        reply=refund.reply,
        can_withdraw=refund.may_withdraw,
        can_reply=refund.may_reply,
    )


def _said(refund: RefundCard, order: OrderView, card: str) -> tuple[str, str]:
    """Return the amount, when any is promised, and the rest of the sentence that it begins."""
    organizer = order.event.organizer_name
    amount = l10n.money(refund.amount_minor, refund.currency) if refund.amount_minor else ""
    if refund.status in _OVER:
        return "", _OVER[RequestStatus(refund.status)]
    if refund.status == RequestStatus.DECLINED:
        return "", f"{organizer} declined this request. Your tickets stay valid."
    if refund.may_withdraw and amount:
        return amount, f"back, once {organizer} has approved it. Your tickets stay valid until then."
    if refund.may_withdraw:
        return (
            "",
            f"{organizer} decides whether and how much you get back. Your tickets stay valid until then.",
        )
    if refund.trouble:
        return amount, f"is being looked after by {organizer}; nothing is lost."
    where = f"to {card}." if card else "back the way you paid."
    parts = [where, _when_sent(refund, order.event.zone), "" if refund.asked_for else refund.sentence]
    return amount, " ".join(part for part in parts if part)


def _when_sent(refund: RefundCard, zone: str) -> str:
    sent = next((step.at for step in refund.steps if step.key == StepKey.SENT), "")
    if not sent or not refund.due:
        return "It is on its way to Stripe."
    by = l10n.day(datetime.fromisoformat(refund.due), zone).rsplit(" ", 1)[0]
    return f"Sent on {_date(sent, zone)}; banks usually show it by {by}."


def _step(step: TrackerStep, zone: str, organizer: str) -> Step:
    waiting = step.key == StepKey.APPROVED and step.state == "now"
    at = f"{_date(step.at, zone)}, {l10n.time(datetime.fromisoformat(step.at), zone)}" if step.at else ""
    return Step(
        label=step.label,
        detail=step.detail or at or (f"{organizer} decides" if waiting else ""),
        state=cast('Literal["done", "now", "todo", "failed"]', step.state),
        icon="landmark" if step.key == StepKey.AT_BANK else "clock",
    )


def _date(iso: str, zone: str) -> str:
    local = datetime.fromisoformat(iso).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b}"
