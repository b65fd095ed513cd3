"""One ticket with a code large enough for any scanner; the same on paper."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.attendee.parts import dead_link, loading_page
from kagibag_app.web.attendee.screen import phase_of
from kagibag_app.web.attendee.ticket.state import TicketState
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.qr import qr
from kagibag_app.web.components.shell import attendee_page
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.statuses import TICKET
from kagibag_app.web.components.values import Content, Text, when
from kagibag_app.web.live import live_heartbeat


def page() -> rx.Component:
    """The page in whichever state it is."""
    return rx.el.div(
        rx.match(
            phase_of(TicketState),
            ("shown", _shown()),
            ("missing", dead_link(TicketState.sandbox)),
            loading_page(
                skeleton("220px", "28px"), skeleton("100%", "480px"), sandbox=TicketState.sandbox, narrow=True
            ),
        )
    )


def _shown() -> rx.Component:
    return attendee_page(
        live_heartbeat(TicketState.refresh),
        rx.el.div(
            rx.el.h1(TicketState.event_title),
            rx.el.p(TicketState.when),
            rx.el.p(TicketState.where, class_name="mute"),
            class_name="ticket-head",
        ),
        rx.el.div(
            when(TicketState.remark, rx.el.div(callout(TicketState.remark), class_name="ticket-remark")),
            role="status",
        ),
        _card(),
        rx.el.div(
            *_acts(),
            rx.el.p("One code lets one person in. Keep this link to yourself.", class_name="small mute"),
            class_name="row wrap ticket-foot no-print",
        ),
        organizer=TicketState.organizer,
        home=TicketState.home,
        sandbox=TicketState.sandbox,
        narrow=True,
    )


def _acts() -> list[rx.Component]:
    files = TicketState.files
    pdf = link_button("PDF", files.tickets, icon="file-down", download=True, aria_label="Ticket (PDF)")
    return [
        link_button("Add to calendar", files.calendar, icon="calendar-plus", download=True),
        when(files.tickets, pdf),
        button("Print", icon="printer", on_click=rx.call_script("window.print()")),
    ]


def _card() -> rx.Component:
    ticket = TicketState.ticket
    void = ticket.status == "void"
    head = rx.el.div(
        rx.el.div(
            rx.el.span(ticket.title, class_name="stub-title"),
            badge_for(ticket.status, TICKET),
            class_name="row wrap between",
        ),
        rx.el.p(ticket.holder, class_name="small mute"),
    )
    gone = rx.el.p(icon("ticket-x", 20), "No longer valid", class_name="stub-gone")
    code = qr(
        ticket.qr_path, ticket.qr_size, label=rx.Var.create(f"QR code of ticket {ticket.code}"), large=True
    )
    about = rx.el.dl(
        _fact(ticket.doors, ticket.doors_at),
        _fact("Place", ticket.place),
        _fact("Order", rx.el.span(TicketState.number, class_name="mono")),
        class_name="stub-facts",
    )
    return rx.el.article(
        rx.el.div(when(void, "Void", "Admit one"), aria_hidden="true", class_name="stub-spine"),
        rx.el.div(head, about, class_name="stub-face"),
        rx.el.div(when(void, gone, code), rx.el.span(ticket.code, class_name="mono"), class_name="stub-tear"),
        aria_label="Ticket",
        class_name="stub stub-tall",
        data_state=ticket.status,
    )


def _fact(term: Text, value: Content) -> rx.Component:
    return rx.el.div(rx.el.dt(term), rx.el.dd(value))
