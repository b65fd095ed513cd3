"""Filters: solid when set, dashed when available."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import Content, Handler, Text


def chip_set(label: str, value: Text, *, on_remove: Handler) -> rx.Component:
    """A filter that holds, and the way to remove it."""
    remove = rx.el.button(
        icon("x", 12),
        type="button",
        on_click=on_remove,
        aria_label=f"Remove filter: {label.lower()}",
        class_name="chip-remove",
    )
    return rx.el.span(label, ": ", rx.el.b(value), remove, class_name="chip chip-set")


def chip_menu(label: str, *choices: Content) -> rx.Component:
    """A filter one may set: opens its choices in a small panel."""
    return rx.el.details(
        rx.el.summary(icon("plus", 12), label, class_name="chip"),
        rx.el.div(*choices, class_name="pop stack-s"),
        class_name="menu menu-start",
    )
