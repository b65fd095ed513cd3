"""Beside an order: who bought it, for what, its documents, and everything that happened."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.order.desk_state import OrderDeskState
from kagibag_app.web.admin.order.head import NOTE_FIELD
from kagibag_app.web.admin.order.papers import documents
from kagibag_app.web.admin.order.rows import Happening, Mate
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.data_list import fact, facts
from kagibag_app.web.components.fields import checkbox, text_area
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.timeline import timeline, timeline_day, timeline_entry
from kagibag_app.web.components.values import each, when


def rail() -> rx.Component:
    """The right column."""
    return rx.el.aside(
        _buyer(),
        _event(),
        documents(),
        _timeline(),
        aria_label="Buyer, event, documents and timeline",
        class_name="rail",
    )


def _buyer() -> rx.Component:
    face = OrderDetailState.face
    others = fact("Orders", link("All orders of this address", face.buyer_orders))
    correct = button(
        "Correct email", icon="pencil", kind="quiet", size="s", on_click=OrderDeskState.open_email
    )
    return rx.el.section(
        _heading("Buyer", when(OrderDetailState.may.correct, rx.el.span(correct, class_name="push"))),
        facts(
            fact("Name", face.buyer), fact("Email", face.email), when(face.buyer_orders, others), narrow=True
        ),
    )


def _event() -> rx.Component:
    face = OrderDetailState.face
    return rx.el.section(
        _heading("Event"),
        facts(
            fact("Event", link(face.event, face.event_href)),
            fact("When", face.event_when),
            when(face.event_also, fact("Your time", face.event_also)),
            fact("Where", face.event_where),
            narrow=True,
        ),
    )


def _timeline() -> rx.Component:
    zone = rx.el.span("Times in ", OrderDetailState.face.zone, class_name="mute cap")
    older = button("Show older", size="s", on_click=OrderDetailState.show_older, once=True)
    return rx.el.section(
        _heading("Timeline", zone),
        when(OrderDetailState.may.note, _note()),
        timeline(each(OrderDetailState.timeline, _happening)),
        when(OrderDetailState.older, older),
        id="timeline",
        class_name="timeline-section",
    )


def _note() -> rx.Component:
    """What the team should know; whoever is ticked gets it by mail."""
    words = text_area(
        "Note for the team",
        name="text",
        id=NOTE_FIELD,
        rows=2,
        max_length=2000,
        error=OrderDeskState.note_error,
        data_key="n",
        aria_keyshortcuts="n",
    )
    told = rx.el.details(
        rx.el.summary(icon("at-sign", 12), "Tell somebody", class_name="chip"),
        rx.el.fieldset(
            rx.el.legend("Who gets the note by mail", class_name="hint"),
            each(OrderDetailState.mates, _mate),
            class_name="stack-s",
        ),
        class_name="tell",
    )
    add = button("Add note", submit=True, once=True)
    return rx.el.form(
        words,
        rx.el.div(
            when(OrderDetailState.mates, told), rx.el.span(add, class_name="push"), class_name="row top"
        ),
        on_submit=OrderDeskState.add_note,
        key=OrderDeskState.note_round,
        aria_label="Note",
        class_name="stack-s note-form",
    )


def _mate(mate: Mate) -> rx.Component:
    words = rx.fragment(mate.name, " ", rx.el.span(mate.role, class_name="mute cap"))
    return checkbox(words, name=rx.Var.create(f"mention-{mate.id}"), key=mate.id)


def _happening(happening: Happening) -> rx.Component:
    entry = timeline_entry(
        happening.kind,
        happening.text,
        at=happening.at,
        iso=happening.iso,
        exact=happening.exact,
        by=happening.by,
        detail=happening.detail,
        quote=happening.said,
    )
    return rx.fragment(when(happening.day, timeline_day(happening.day)), entry, key=happening.id)


def _heading(title: str, *beside: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.h2(title), *beside, class_name="section-head")
