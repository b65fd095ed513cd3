"""Filters: solid when set, dashed when available."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.buttons import swift_link
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import Content, Text


def chip_set(label: str, value: Text, without: Text) -> rx.Component:
    """A filter that holds, and the address without it."""
    remove = swift_link(
        icon("x", 12), without, aria_label=f"Remove filter: {label.lower()}", class_name="chip-remove"
    )
    return rx.el.span(label, ": ", rx.el.b(value), remove, class_name="chip chip-set")


def chip_menu(label: str, *choices: Content) -> rx.Component:
    """A filter one may set: opens its choices in a small panel."""
    return rx.el.details(
        rx.el.summary(icon("plus", 12), label, class_name="chip"),
        rx.el.div(*choices, class_name="pop stack-s"),
        class_name="menu menu-start",
    )
