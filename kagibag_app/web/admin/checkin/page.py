"""The door."""

from __future__ import annotations

from typing import cast

import reflex as rx

from kagibag_app.features.orders.rules import DOOR_LIMIT
from kagibag_app.web.admin.checkin.listener import FIELD, door_listener
from kagibag_app.web.admin.checkin.rows import DoorAnswer, DoorPlace
from kagibag_app.web.admin.checkin.state import CheckinState
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.components.badge import badge
from kagibag_app.web.components.buttons import button, link, link_button, swift_link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import text_field
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import page_head, section
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.values import each, when

_FACE, _RESULT = CheckinState.face, CheckinState.result


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        page_head("Check-in", when(CheckinState.places, _event_choice())),
        rx.match(
            CheckinState.phase,
            ("shown", _door()),
            ("choosing", when(CheckinState.places, _choose_first(), _no_event())),
            _loading(),
        ),
        active="checkin",
        counts=CheckinState.counts,
        refresh=CheckinState.refresh,
        on_go=CheckinState.load,
    )


def _event_choice() -> rx.Component:
    return rx.el.select(
        rx.el.option("Choose an event", value="", disabled=True),
        each(CheckinState.places, _place),
        value=_FACE.id,
        on_change=CheckinState.choose,
        aria_label="Event at this door",
        class_name="select door-event",
    )


def _place(place: DoorPlace) -> rx.Component:
    return rx.el.option(place.label, value=place.id)


def _choose_first() -> rx.Component:
    return empty(
        "scan-line",
        "Choose the event at this door",
        "Then scan tickets, or type their codes. The address keeps the event: a bookmark opens this door again.",
    )


def _no_event() -> rx.Component:
    return empty(
        "scan-line",
        "No event has a door yet",
        "Once an event is published, its tickets are checked in here, with a scanner or by hand.",
    )


def _door() -> rx.Component:
    return rx.fragment(
        door_listener(round=_RESULT.round, tone=_RESULT.tone, sound=_FACE.sound),
        rx.el.p(_FACE.when, class_name="page-sub"),
        when(_FACE.off, callout(_FACE.off)),
        rx.el.div(
            rx.el.div(_field(), _result(), class_name="stack"),
            rx.el.div(_count(), _name(), _sound(), class_name="stack door-side"),
            class_name="door",
        ),
        when(CheckinState.answers, _last()),
    )


def _field() -> rx.Component:
    typed = rx.el.input(
        id=FIELD,
        name="code",
        auto_complete="off",
        auto_capitalize="characters",
        spell_check=False,
        enter_key_hint="go",
        max_length=80,
        class_name="input door-code mono",
    )
    return rx.el.form(
        rx.el.label("Ticket code", html_for=FIELD, class_name="label"),
        rx.el.div(
            typed, button("Check in", kind="primary", submit=True, class_name="btn-l"), class_name="row"
        ),
        rx.el.p("Scan the QR code, or type the code and press Enter.", class_name="hint"),
        on_submit=CheckinState.scan,
        reset_on_submit=True,
        class_name="stack-s",
    )


def _result() -> rx.Component:
    waiting = rx.el.p("Ready for the next ticket.", class_name="mute")
    answered = rx.el.div(
        rx.el.div(_sign(), rx.el.span(_RESULT.title), class_name="door-title"),
        when(_RESULT.who, rx.el.p(_RESULT.who, " · ", _RESULT.what, class_name="door-who")),
        when(_RESULT.sentence, rx.el.p(_RESULT.sentence)),
        rx.el.p(_RESULT.code, class_name="mono"),
        # The same answer twice is told twice.
        key=_RESULT.round,
    )
    return rx.el.div(
        rx.el.div(when(_RESULT.round, answered, waiting), role="status", aria_live="assertive"),
        when(_RESULT.round, _acts()),
        class_name="door-result",
        data_tone=_RESULT.tone,
    )


def _acts() -> rx.Component:
    return rx.el.div(
        when(
            _RESULT.asks,
            button("Let in anyway", on_click=CheckinState.let_in_anyway, once=True, data_door="true"),
        ),
        when(_RESULT.ticket, _undo(_RESULT)),
        when(_RESULT.elsewhere, link_button("To that event's door", _RESULT.elsewhere)),
        when(_RESULT.order_href, link_button("Open the order", _RESULT.order_href, kind="quiet")),
        class_name="row wrap",
    )


def _sign() -> rx.Component:
    signs = {"good": "check", "attention": "triangle-alert", "bad": "x"}
    drawn = [(tone, icon(name, 20)) for tone, name in signs.items()]
    return cast("rx.Component", rx.match(_RESULT.tone, *drawn, icon("undo-2", 20)))


def _undo(line: DoorAnswer) -> rx.Component:
    return button(
        "Undo check-in",
        on_click=CheckinState.undo(line.ticket),
        once=True,
        aria_label=rx.Var.create(f"Undo check-in of {line.code}"),
        data_door="true",
    )


def _count() -> rx.Component:
    figures = rx.el.p(rx.el.span(_FACE.checked_in, class_name="door-count"), " of ", _FACE.expected, " in")
    meter = rx.el.div(rx.el.i(style={"width": _FACE.share}), aria_hidden="true", class_name="meter")
    return rx.el.section(rx.el.h2("At this event"), figures, meter, class_name="stack-s")


def _name() -> rx.Component:
    return rx.el.form(
        text_field(
            "This door", name="door", default_value=CheckinState.door, max_length=DOOR_LIMIT, remark="optional",
            hint="Shown where a ticket is scanned twice.", key=CheckinState.door,
        ),
        button("Keep", submit=True, size="s"),
        on_submit=CheckinState.name_door,
        class_name="stack-s",
    )  # fmt: skip


def _sound() -> rx.Component:
    words = rx.cond(_FACE.sound, "Turn sound off", "Turn sound on")
    drawn = rx.cond(_FACE.sound, icon("volume-2", 14), icon("volume-x", 14))
    return swift_link(
        rx.fragment(drawn, words), _FACE.sound_href, class_name="btn btn-secondary", data_door="true"
    )


def _last() -> rx.Component:
    lines = rx.el.ul(rx.foreach(CheckinState.answers, _line), class_name="door-last")
    return section("Last scans at this door", lines)


def _line(line: DoorAnswer) -> rx.Component:
    order = when(line.order_href, link("Order", line.order_href))
    return rx.el.li(
        rx.el.span(line.at, class_name="mute"),
        badge(line.title, line.tone),
        rx.el.span(line.who, " ", rx.el.span(line.code, class_name="mono mute"), class_name="trunc grow"),
        when(line.ticket, _undo(line)),
        order,
        key=line.round,
    )


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.span("Loading the door", class_name="vh"),
        rx.el.div(
            rx.el.div(skeleton("100%", "44px"), skeleton("100%", "160px"), class_name="stack"),
            rx.el.div(skeleton("120px", "32px"), class_name="stack door-side"),
            class_name="door",
        ),
        role="status",
    )
