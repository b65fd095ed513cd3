"""Beside an order: who bought it, for what, its documents, and everything that happened."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.order.papers import documents
from kagibag_app.web.admin.order.rows import Happening
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.data_list import fact, facts
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
    return rx.el.section(
        _heading("Buyer"),
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
        timeline(each(OrderDetailState.timeline, _happening)),
        when(OrderDetailState.older, older),
        id="timeline",
        class_name="timeline-section",
    )


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
