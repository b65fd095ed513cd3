"""The parts of an order's story, each under its heading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from kagibag_app.features.messages.queries import PAGE
from kagibag_app.web.admin.order.mending_dialogs import mending_acts
from kagibag_app.web.admin.order.money_state import OrderMoneyState
from kagibag_app.web.admin.order.rows import (
    Booking,
    DisputeLine,
    MailLine,
    PaymentCard,
    RefundLine,
    RequestRow,
)
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.badge import badge, badge_for
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.data_list import fact, facts
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import section
from kagibag_app.web.components.statuses import DISPUTE, MAIL, PAYMENT, REFUND, REFUND_REQUEST
from kagibag_app.web.components.table import cell, column, nothing, row, scroll_region, table
from kagibag_app.web.components.values import Content, each, when


def payments() -> rx.Component:
    """How it was paid."""
    face = OrderDetailState.face
    source = rx.match(
        face.source, ("free", badge("Free", "neutral", "gift")), badge("Stripe", "neutral", "credit-card")
    )
    return section(
        "Payment",
        each(OrderDetailState.payments, _payment),
        when(face.no_payment, rx.el.p(face.no_payment, class_name="mute")),
        remark=rx.fragment(source),
    )


def _payment(payment: PaymentCard) -> rx.Component:
    stripe = link(
        rx.fragment("Open in Stripe", icon("external-link", 14)),
        payment.stripe,
        external=True,
        class_name="row row-tight",
    )
    return rx.el.div(
        rx.el.div(
            badge_for(payment.status, PAYMENT),
            rx.el.span(when(payment.stripe, stripe), class_name="push"),
            class_name="row",
        ),
        facts(
            when(payment.method, fact("Method", payment.method)),
            when(payment.captured, fact("Captured", payment.captured)),
            when(payment.fee, fact("Stripe fee", payment.fee)),
            when(payment.net, fact("Net", payment.net)),
            when(payment.attempts, fact("Attempts", payment.attempts)),
            when(payment.failure, fact("Failure", payment.failure)),
            when(payment.intent, fact("Intent", payment.intent, mono=True)),
            wide=True,
        ),
        class_name="stack-s",
        key=payment.id,
    )


def refunds() -> rx.Component:
    """What was asked for, and what was sent back."""
    asked = [
        column("Request"),
        column("Status"),
        column("Reason", class_name="hide-s"),
        column("Amount", numeric=True),
    ]
    sent = [
        column("Refund"),
        column("Status"),
        column("Started by", class_name="hide-s"),
        column("Bank reference", class_name="hide-s"),
        column("Amount", numeric=True),
    ]
    requests, done = OrderDetailState.requests, OrderDetailState.refunds
    return rx.fragment(
        when(
            requests,
            section(
                "Refund requests",
                _scrolled("Refund requests", asked, each(requests, _request)),
                remark=_count(requests),
            ),
        ),
        when(
            done,
            section(
                "Refunds",
                _scrolled("Refunds", sent, each(done, _refund)),
                remark=_count(done),
                id="refunds",
            ),
        ),
    )


def _request(request: RequestRow) -> rx.Component:
    return row(
        cell(link(request.title, request.href), rx.el.span(request.reason, class_name="only-s cap mute")),
        cell(badge_for(request.status, REFUND_REQUEST)),
        cell(
            rx.el.p(request.reason),
            when(request.trouble, rx.el.p(request.trouble, class_name="toned", data_tone="bad")),
            when(request.answer, rx.el.p("Answer: ", request.answer, class_name="mute")),
            when(request.reply, rx.el.p("Reply: ", request.reply, class_name="mute")),
            class_name="hide-s",
        ),
        cell(request.amount, numeric=True, class_name="med"),
        key=request.id,
    )


def _refund(refund: RefundLine) -> rx.Component:
    again = button("Send again…", size="s", on_click=OrderMoneyState.open_retry(refund.id))
    return row(
        cell(
            rx.el.span(refund.name, class_name="mono"),
            rx.el.span(refund.started, class_name="only-s cap mute"),
            when(refund.about, rx.el.p(refund.about, class_name="mute cap")),
        ),
        cell(
            badge_for(refund.status, REFUND),
            when(refund.may_retry & OrderDetailState.may.refund, again),
            when(OrderDetailState.may.refund, mending_acts(refund)),
        ),
        cell(refund.started, class_name="hide-s"),
        cell(when(refund.reference, refund.reference, nothing()), class_name="mono hide-s"),
        cell(refund.amount, numeric=True, class_name="med"),
        key=refund.id,
    )


def disputes() -> rx.Component:
    """What the buyer's bank asked back."""
    heads = [
        column("Reason"),
        column("Status"),
        column("Answer by", class_name="hide-s"),
        column("Amount", numeric=True),
    ]
    lines = OrderDetailState.disputes
    shown = section("Disputes", _scrolled("Disputes", heads, each(lines, _dispute)), remark=_count(lines))
    return when(lines, shown)


def _dispute(dispute: DisputeLine) -> rx.Component:
    return row(
        cell(link(dispute.reason, dispute.href), rx.el.span(dispute.due, class_name="only-s cap mute")),
        cell(badge_for(dispute.status, DISPUTE)),
        cell(when(dispute.due, dispute.due, nothing()), class_name="hide-s"),
        cell(dispute.amount, numeric=True, class_name="med"),
        key=dispute.id,
    )


def ledger() -> rx.Component:
    """Every movement at Stripe, and what is left."""
    face, lines = OrderDetailState.face, OrderDetailState.bookings
    heads = [
        column("Booked"),
        column("Kind"),
        column("Balance transaction", class_name="hide-s"),
        column("Amount", numeric=True),
    ]
    foot = row(
        cell("Balance of this order", col_span=2),
        cell(class_name="hide-s"),
        cell(rx.el.span(face.stripe_balance, class_name="toned", data_tone=face.balance_tone), numeric=True),
    )
    shown = section(
        "Ledger",
        _scrolled("Ledger", heads, each(lines, _booking), foot=foot),
        remark="as booked at Stripe",
        id="ledger",
    )
    return when(lines, shown)


def _booking(entry: Booking) -> rx.Component:
    return row(
        cell(entry.at, class_name="mute"),
        cell(entry.label, rx.el.span(entry.folded, class_name="only-s mono mute cap")),
        cell(entry.transaction, class_name="mono mute cap hide-s"),
        cell(entry.amount, numeric=True),
        key=entry.id,
    )


def messages() -> rx.Component:
    """Every mail about the order."""
    heads = [
        column("Subject"),
        column("To", class_name="hide-s"),
        column("Status"),
        column("Sent", numeric=True),
    ]
    lines = OrderDetailState.mails
    # An order has a handful of mails; of one with more than a page of them it is said.
    remark = rx.cond(_count(lines) < PAGE, _count(lines), f"the newest {PAGE}")
    shown = section(
        "Messages", _scrolled("Messages", heads, each(lines, _mail)), remark=remark, id="messages"
    )
    return when(lines, shown)


def _mail(mail: MailLine) -> rx.Component:
    return row(
        cell(link(mail.subject, mail.href), rx.el.span(mail.recipient, class_name="only-s cap mute")),
        cell(mail.recipient, class_name="mute hide-s"),
        cell(badge_for(mail.status, MAIL), when(mail.error, rx.el.p(mail.error, class_name="mute cap"))),
        cell(mail.sent, numeric=True, class_name="mute"),
        key=mail.id,
    )


def _count(rows: Any) -> Any:
    return rows.length()


def _scrolled(label: str, heads: Sequence[rx.Component], rows: Content, foot: Content = None) -> rx.Component:
    return scroll_region(label, table(heads, rows, caption=label, foot=foot))
