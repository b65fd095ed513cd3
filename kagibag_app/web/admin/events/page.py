"""The list of events, and the form of a new one."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.events import fields
from kagibag_app.web.admin.events.rows import EventItem
from kagibag_app.web.admin.events.state import EventsState
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.dialog import dialog
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.shell import page_head, section
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.statuses import EVENT
from kagibag_app.web.components.table import cell, column, row, table
from kagibag_app.web.components.values import Rows, each, when

_S = EventsState
_FORM = "new-event"


def page() -> rx.Component:
    """The whole screen."""
    begin = button("New event", on_click=_S.start, kind="primary", icon="plus")
    return workspace(
        page_head("Events", acts=when(_S.manages, begin)),
        rx.cond(_S.phase == "shown", _shown(), skeleton_page("Loading the events")),
        _new(),
        active="events",
        counts=_S.counts,
        refresh=_S.refresh,
    )


def _shown() -> rx.Component:
    none = empty(
        "calendar-days",
        "No events to come",
        "An event holds what you sell: its ticket types with their prices, how many there are and when they are on sale. "
        "It begins as a draft that nobody sees, and sells from the moment you publish it.",
    )
    over = section("Over", _list(_S.past, "Events that are over"))
    return rx.fragment(
        rx.el.div(when(_S.coming, _list(_S.coming, "Events to come"), none), class_name="section first"),
        when(_S.past, over),
    )


def _list(items: Rows[EventItem], caption: str) -> rx.Component:
    heads = [
        column("Event"),
        column("When", class_name="hide-s"),
        column("Status"),
        column("Sold", numeric=True),
    ]
    return table(heads, each(items, _event), caption=caption)


def _event(item: EventItem) -> rx.Component:
    return row(
        cell(
            link(item.title, item.href, class_name="med"),
            rx.el.div(item.venue, class_name="mute small"),
            rx.el.div(item.when, class_name="only-s mute cap"),
        ),
        cell(item.when, class_name="hide-s mute"),
        cell(badge_for(item.status, EVENT)),
        cell(item.sold, when(item.held, rx.el.div(item.held, class_name="mute cap")), numeric=True),
        key=item.href,
    )


def _new() -> rx.Component:
    errors = _S.errors
    form = rx.el.form(
        fields.name_fields(errors),
        fields.place_fields(errors),
        fields.time_fields(errors, _S.zones, zone=_S.zone),
        fields.currency_field(errors, _S.currencies, currency=_S.currency),
        rx.el.div(when(errors["other"], callout(errors["other"], tone="bad")), role="alert"),
        on_submit=_S.create,
        id=_FORM,
        class_name="stack",
    )
    return dialog(
        "New event",
        form,
        open=_S.creating,
        on_open_change=_S.stop,
        footer=[
            button("Cancel", on_click=_S.stop(False)),
            button("Add draft", kind="primary", submit=True, form=_FORM, once=True),
        ],
        wide=True,
    )
