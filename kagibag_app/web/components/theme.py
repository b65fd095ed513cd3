"""Light, dark, or as the device says."""

from __future__ import annotations

from typing import Literal

import reflex as rx
from reflex.style import color_mode, set_color_mode

from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.tabs import segment, segments


def theme_switch() -> rx.Component:
    """Three choices, kept in the browser. The page's class is set before the first paint, so nothing flashes."""

    def choice(mode: Literal["light", "dark", "system"], name: str, label: str) -> rx.Component:
        words = rx.fragment(icon(name, 14), rx.el.span(label, class_name="vh"))
        return segment(words, on_click=set_color_mode(mode), pressed=color_mode == mode, title=label)

    return segments(
        choice("light", "sun", "Light"),
        choice("dark", "moon", "Dark"),
        choice("system", "monitor", "As the device"),
        label="Theme",
    )
