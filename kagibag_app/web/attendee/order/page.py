"""The order page: tickets first, then refunds, what was paid, and the form that asks for money back."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.attendee.order.refund_parts import ask_for_refund, refund_section, withdraw_dialog
from kagibag_app.web.attendee.order.state import OrderState
from kagibag_app.web.attendee.parts import dead_link, loading_page
from kagibag_app.web.attendee.rows import TicketRow
from kagibag_app.web.attendee.screen import phase_of
from kagibag_app.web.components.badge import badge, badge_for
from kagibag_app.web.components.buttons import button, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.price_table import price_table
from kagibag_app.web.components.shell import attendee_page
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.statuses import DISPUTE_STATE, ORDER, REFUND_STATE
from kagibag_app.web.components.ticket_stub import ticket_stub
from kagibag_app.web.components.values import each, when
from kagibag_app.web.live import live_heartbeat


def page() -> rx.Component:
    """The page in whichever state it is."""
    return rx.el.div(
        rx.match(
            phase_of(OrderState),
            ("shown", _shown()),
            ("missing", dead_link(OrderState.sandbox)),
            _loading(),
        )
    )


def _shown() -> rx.Component:
    return attendee_page(
        live_heartbeat(OrderState.refresh),
        _head(),
        rx.el.div(when(OrderState.order.notice, _notice()), role="status"),
        rx.el.div(
            when(OrderState.tickets, _tickets()),
            each(OrderState.refunds, refund_section),
            _payment(),
            ask_for_refund(),
            class_name="order-layout",
        ),
        withdraw_dialog(),
        organizer=OrderState.order.organizer,
        home=rx.Var.create(f"/e/{OrderState.order.slug}"),
        sandbox=OrderState.sandbox,
    )


def _head() -> rx.Component:
    order = OrderState.order
    about = rx.el.div(
        rx.el.p(
            "Order ",
            rx.el.span(order.number, class_name="mono"),
            " · ",
            order.placed,
            class_name="small mute",
        ),
        rx.el.h1(order.title),
        rx.el.p(order.when, " · ", order.where),
        when(order.also, rx.el.p(order.also, class_name="small mute")),
    )
    return rx.el.div(about, rx.el.div(*_badges(), class_name="row wrap"), class_name="order-head")


def _badges() -> list[rx.Component]:
    order = OrderState.order
    refunded = rx.match(
        order.refund_state,
        ("none", rx.fragment()),
        ("partial", badge(order.refund_words, "neutral", "undo-dot")),
        badge_for(order.refund_state, REFUND_STATE),
    )
    disputed = rx.cond(
        order.dispute_state == "none", rx.fragment(), badge_for(order.dispute_state, DISPUTE_STATE)
    )
    return [badge_for(order.status, ORDER), rx.fragment(refunded), rx.fragment(disputed)]


def _notice() -> rx.Component:
    order = OrderState.order
    step = rx.match(
        order.next_step,
        (
            "pay",
            button(
                "Continue to payment",
                kind="primary",
                size="l",
                icon="lock",
                on_click=OrderState.pay,
                once=True,
            ),
        ),
        (
            "again",
            button(
                "Try again", kind="primary", size="l", icon="rotate-cw", on_click=OrderState.pay, once=True
            ),
        ),
        (
            "event",
            link_button(
                "Choose tickets again",
                rx.Var.create(f"/e/{order.slug}"),
                kind="primary",
                size="l",
                icon="ticket",
            ),
        ),
        rx.fragment(),
    )
    tones = [
        (tone, callout(order.notice_text, title=order.notice, tone=tone))
        for tone in ("progress", "bad", "attention")
    ]
    note = rx.match(order.notice_tone, *tones, callout(order.notice_text, title=order.notice, tone="neutral"))
    said = rx.el.p(rx.el.span(order.organizer, ": ", class_name="mute"), order.message, class_name="quote")
    return rx.el.div(
        rx.fragment(note), when(order.message, said), rx.fragment(step), class_name="order-notice"
    )


def _tickets() -> rx.Component:
    files = OrderState.files
    calendar = link_button("Add to calendar", files.calendar, icon="calendar-plus", download=True)
    pdf = link_button("PDF", files.tickets, icon="file-down", download=True, aria_label="Tickets (PDF)")
    acts = rx.el.span(
        when(files.calendar, calendar),
        when(files.tickets, pdf),
        button("Print", icon="printer", on_click=rx.call_script("window.print()")),
        class_name="row wrap ticket-acts no-print",
    )
    return rx.el.section(
        rx.el.div(rx.el.h2("Your tickets", id="tickets"), acts, class_name="row wrap between section-title"),
        rx.el.ul(each(OrderState.tickets, _ticket), class_name="stack-m"),
        aria_labelledby="tickets",
    )


def _ticket(ticket: TicketRow) -> rx.Component:
    opens = rx.el.button(
        ticket.title,
        type="button",
        on_click=OrderState.open_ticket(ticket.id),
        title="Show this ticket alone",
        class_name="text-button",
    )
    return ticket_stub(
        title=opens,
        holder=ticket.holder,
        status=ticket.status,
        code=ticket.code,
        qr_path=ticket.qr_path,
        qr_size=ticket.qr_size,
        facts=((ticket.doors, ticket.doors_at), ("Place", ticket.place)),
        key=ticket.id,
    )


def _payment() -> rx.Component:
    paid = rx.el.p(icon("credit-card"), rx.el.span(OrderState.paid_with), class_name="small mute row")
    receipt = link_button(
        "Receipt (PDF)",
        OrderState.files.receipt,
        icon="receipt",
        block=True,
        download=True,
        class_name="no-print",
    )
    return rx.el.aside(
        rx.el.h2("Payment"),
        price_table(OrderState.lines, caption="What this order costs"),
        when(OrderState.paid_with, paid),
        when(OrderState.files.receipt, receipt),
        rx.el.p("Mail to ", OrderState.order.email, class_name="small mute"),
        aria_label="Payment",
        class_name="order-payment",
    )


def _loading() -> rx.Component:
    head = rx.el.div(
        rx.el.div(skeleton("220px"), skeleton("320px", "32px"), skeleton("260px"), class_name="stack-s"),
        class_name="order-head",
    )
    stubs = rx.el.section(
        skeleton("140px", "24px"), *[skeleton("100%", "168px") for _ in range(2)], class_name="stack-m"
    )
    payment = rx.el.aside(
        skeleton("96px", "20px"), *[skeleton() for _ in range(4)], class_name="order-payment stack-m"
    )
    return loading_page(
        head, rx.el.div(stubs, payment, class_name="order-layout"), sandbox=OrderState.sandbox
    )
