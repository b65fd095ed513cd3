"""Tabs that are links, so that the address says which one is open; and segments that switch in place."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.buttons import swift_link
from kagibag_app.web.components.values import Content, Flag, Handler, Text, choose, when


def tabs(*items: Content, label: str) -> rx.Component:
    """A row of ``tab``; ``label`` says what they choose between: "Status"."""
    return rx.el.nav(*items, aria_label=label, class_name="tabs")


def tab(
    label: Text, href: Text, *, count: Text | None = None, current: Flag = False, **props: Any
) -> rx.Component:
    """One tab, with how many there are behind it."""
    number = rx.fragment() if count is None else rx.el.span(count, class_name="n")
    return swift_link(
        rx.fragment(label, number), href, aria_current=choose(current, "page", "false"), **props
    )


def segments(*items: rx.Component, label: str) -> rx.Component:
    """A few choices of which one holds."""
    return rx.el.div(*items, role="group", aria_label=label, class_name="segments")


def segment(label: Content, *, on_click: Handler, pressed: Flag, **props: Any) -> rx.Component:
    """One choice."""
    return rx.el.button(
        label, type="button", on_click=on_click, aria_pressed=choose(pressed, "true", "false"), **props
    )


def live_pill(count: Text, noun: Text, *, on_click: Handler, icon: rx.Component) -> rx.Component:
    """New rows wait here until one asks for them, so that nothing moves while it is read. Always rendered, empty at zero."""
    pill = rx.el.button(icon, count, " ", noun, type="button", on_click=on_click, class_name="live-pill")
    return rx.el.div(when(count, pill), role="status")
