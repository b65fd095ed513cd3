"""What opens the palette: ``keys.js`` takes a press on it to the dialog's own trigger, which nobody sees."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.icons import icon

KEY, TRIGGER = "Ctrl K", "palette-open"


def search_button() -> rx.Component:
    """In the sidebar, with its key."""
    return rx.el.button(
        icon("search", 14),
        "Search or jump to",
        rx.el.kbd(KEY, aria_hidden="true"),
        type="button",
        data_key=KEY,
        data_opens=TRIGGER,
        aria_keyshortcuts="Control+K Meta+K",
        class_name="btn btn-secondary finder",
    )


def search_icon() -> rx.Component:
    """In the bar of a phone."""
    return rx.el.button(
        icon("search"),
        type="button",
        data_key=KEY,
        data_opens=TRIGGER,
        aria_label="Search or jump to",
        class_name="btn btn-quiet btn-icon",
    )
