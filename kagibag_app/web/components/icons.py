"""Lucide icons in four sizes, and the product's own mark."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from kagibag_app.web.components.values import Text, classes

Size = Literal[12, 14, 16, 20]

_TICKET = (
    "M4 3h16a2 2 0 0 1 2 2v4.2a2.9 2.9 0 0 0 0 5.6V19a2 2 0 0 1-2 2H4"  # the outline with a notch at the right
    "a2 2 0 0 1-2-2v-4.2a2.9 2.9 0 0 0 0-5.6V5a2 2 0 0 1 2-2Z"  # and the one at the left
)
_KEYHOLE = "M12 6.6a3.3 3.3 0 0 1 1.7 6.1l.8 4.7h-5l.8-4.7A3.3 3.3 0 0 1 12 6.6Z"


def icon(name: str, size: Size = 16, *, class_name: str = "", tone: Text | None = None) -> rx.Component:
    """An icon beside a word; hidden from screen readers, since the word says it.

    Args:
        name: A Lucide name such as ``undo-2``. It must be a literal: each icon is imported on its own, so the
            bundle carries only those used.
        size: Pixels; 12 in badges, 14 in buttons, 16 in text, 20 alone. The stroke follows the size (``base.css``).
        class_name: Further classes.
        tone: Colours the icon in a tone when given.
    """
    toned: dict[str, Any] = {} if tone is None else {"data_tone": tone}
    names = classes("i", "" if size == 16 else f"i{size}", "toned" if tone is not None else "", class_name)
    return rx.icon(name, size=size, class_name=names, **toned)


def spinner(size: Size = 14) -> rx.Component:
    """Work in progress inside a button or a badge; elsewhere a skeleton stands for what is coming."""
    return icon("loader-circle", size, class_name="spin")


def mark() -> rx.Component:
    """The product's mark: a ticket with a keyhole."""
    return rx.el.svg(
        rx.el.svg.path(d=_TICKET, class_name="mark"),
        rx.el.svg.path(d=_KEYHOLE, class_name="keyhole"),
        view_box="0 0 24 24",
        aria_hidden="true",
    )
