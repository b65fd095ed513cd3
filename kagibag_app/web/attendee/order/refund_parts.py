"""Refunds on the order page: the tracker of each, and the form that asks for one."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.refunds.rules import ReasonCategory
from kagibag_app.web.attendee.order.rows import PickRow, RefundRow
from kagibag_app.web.attendee.order.state import OrderState
from kagibag_app.web.attendee.parts import updates_by_itself
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import confirm_dialog, consequence
from kagibag_app.web.components.fields import pick, pick_list, select_field, text_area
from kagibag_app.web.components.price_table import price_table
from kagibag_app.web.components.steps import steps
from kagibag_app.web.components.values import Text, each, when

REASONS = (
    (ReasonCategory.CANNOT_ATTEND.value, "I can't attend"),
    (ReasonCategory.EVENT_CHANGED.value, "The event changed"),
    (ReasonCategory.BOUGHT_TWICE.value, "I bought twice by mistake"),
    (ReasonCategory.WRONG_TICKETS.value, "I bought the wrong tickets"),
    (ReasonCategory.OTHER.value, "Another reason"),
)


def refund_section(refund: RefundRow) -> rx.Component:
    """One refund with its tracker, what was said, and what the buyer may still do."""
    heading = rx.Var.create(f"refund-{refund.id}")
    return rx.el.section(
        rx.el.div(
            rx.el.h2(refund.title, id=heading),
            when(refund.steps, updates_by_itself()),
            class_name="row wrap between section-title-tight",
        ),
        rx.el.div(
            rx.el.p(
                when(refund.amount, rx.fragment(rx.el.span(refund.amount, class_name="strong"), " ")),
                refund.sentence,
            ),
            when(refund.notice, callout(refund.notice)),
            role="status",
            class_name="stack-m",
        ),
        when(refund.steps, rx.el.div(steps(refund.steps), class_name="refund-steps")),
        _said(refund),
        when(refund.can_withdraw, _withdraw(refund)),
        when(refund.can_reply, _reply(refund)),
        aria_labelledby=heading,
        key=refund.id,
    )


def _said(refund: RefundRow) -> rx.Component:
    def quote(who: Text, words: Text) -> rx.Component:
        return when(words, rx.el.p(rx.el.span(who, ": ", class_name="mute"), words, class_name="quote small"))

    return rx.el.div(
        quote("You", refund.asked),
        quote(OrderState.order.organizer, refund.answer),
        quote("You", refund.reply),
        class_name="refund-said",
    )


def _withdraw(refund: RefundRow) -> rx.Component:
    return rx.el.div(
        button("Withdraw this request", icon="corner-up-left", on_click=OrderState.ask_withdraw(refund.id)),
        class_name="refund-acts no-print",
    )


def _reply(refund: RefundRow) -> rx.Component:
    form = rx.el.form(
        rx.el.input(type="hidden", name="request", value=refund.id),
        text_area(
            rx.Var.create(f"Reply to {OrderState.order.organizer}"),
            name="text",
            id="reply",
            rows=2,
            error=OrderState.reply_error,
            hint="You can reply once. The request is then open again.",
            max_length=2000,
        ),
        rx.el.div(button("Send reply", kind="primary", size="l", submit=True, once=True)),
        on_submit=OrderState.reply,
        class_name="lg stack-m",
    )
    return rx.el.div(form, class_name="refund-acts no-print")


def withdraw_dialog() -> rx.Component:
    """Asks once before a request is withdrawn."""
    return confirm_dialog(
        "Withdraw your refund request?",
        open=OrderState.withdrawing != "",
        consequences=(
            consequence("ticket", "Your tickets stay valid. No money moves."),
            consequence("rotate-cw", "You can ask again while the refund policy allows it."),
        ),
        act="Withdraw request",
        on_act=OrderState.withdraw,
        on_close=OrderState.keep_request,
        safe="Keep request",
        error=OrderState.withdraw_error,
    )


def ask_for_refund() -> rx.Component:
    """The form, or why there is none."""
    ask = OrderState.ask
    explained = rx.el.p(ask.instead, class_name="small mute")
    form = _ask_section(rx.el.p(ask.rule, class_name="small mute"), _ask_form())
    return when(ask.picks, form, when(ask.instead, _ask_section(explained)))


def _ask_section(*content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2("Ask for a refund", id="ask"),
        *content,
        aria_labelledby="ask",
        class_name="torn-off no-print",
    )


def _ask_form() -> rx.Component:
    ask = OrderState.ask
    organizer = OrderState.order.organizer
    return rx.el.form(
        pick_list("Which tickets?", each(ask.picks, _pick)),
        select_field("Reason", REASONS, name="category", error=OrderState.category_error),
        text_area(
            rx.Var.create(f"Anything {organizer} should know?"),
            name="reason",
            rows=2,
            remark="optional",
            error=OrderState.reason_error,
            max_length=2000,
        ),
        _ask_foot(),
        on_submit=OrderState.request_refund,
        key=ask.round,
        class_name="lg stack",
    )


def _ask_foot() -> rx.Component:
    """What one gets back, then what happens next, then the button that names the amount."""
    ask = OrderState.ask
    sums = rx.el.div(price_table(ask.lines, caption="What you get back", total="large"), class_name="well")
    next_step = rx.el.p(ask.next_step, class_name="small mute grow", aria_live="polite")
    send = button(
        ask.button,
        kind="primary",
        size="l",
        submit=True,
        once=True,
        busy=OrderState.asking,
        disabled=ask.blocked,
    )
    return rx.el.div(
        rx.el.div(when(ask.lines, sums), aria_live="polite"),
        rx.el.div(when(OrderState.ask_error, callout(OrderState.ask_error, tone="bad")), role="alert"),
        rx.el.div(next_step, send, class_name="row wrap between"),
        class_name="ask-foot",
    )


def _pick(ticket: PickRow) -> rx.Component:
    # The browser keeps the tick itself: it must show at once, also over a slow line.
    return pick(
        ticket.name,
        ticket.code,
        ticket.amount,
        rx.cond(ticket.why_not, ticket.why_not, ticket.sentence),
        default_checked=ticket.checked,
        disabled=ticket.why_not != "",
        on_change=lambda chosen: OrderState.choose(ticket.id, chosen),
        key=ticket.id,
    )
