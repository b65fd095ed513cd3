"""The palette itself."""

from __future__ import annotations

from typing import cast

import reflex as rx

from kagibag_app.web.admin.palette.keyboard import FIELD, LIST, palette_keys
from kagibag_app.web.admin.palette.opening import TRIGGER
from kagibag_app.web.admin.palette.state import Entry, PaletteState
from kagibag_app.web.components.buttons import swift_link
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import when

_primitive = rx.radix.primitives.dialog


def palette() -> rx.Component:
    """Put it once on a page that holds what opens it (``search_button``, ``search_icon``)."""
    return _primitive.root(
        _primitive.trigger(rx.el.button(type="button", id=TRIGGER, hidden=True), as_child=True),
        _primitive.portal(
            _primitive.overlay(class_name="scrim"),
            _primitive.content(
                _primitive.title("Search or jump to", class_name="vh"),
                _primitive.description(
                    "Type to find an order by its number or address, or a page. Arrows choose, Enter opens.",
                    class_name="vh",
                ),
                _field(),
                _lines(),
                _hints(),
                palette_keys(answered=PaletteState.answered, round=PaletteState.round),
                # The focus goes back to where it was, which only keys.js knows: there are two buttons.
                on_close_auto_focus=rx.prevent_default,
                class_name="dialog palette",
            ),
        ),
        on_open_change=PaletteState.begin,
    )


def _field() -> rx.Component:
    return rx.el.div(
        icon("search"),
        rx.el.input(
            id=FIELD,
            role="combobox",
            aria_label="Search or jump to",
            aria_expanded="true",
            aria_controls=LIST,
            aria_autocomplete="list",
            auto_complete="off",
            auto_focus=True,
            spell_check=False,
            max_length=254,
            placeholder="Order number, email, page, action",
            on_change=PaletteState.find.debounce(150),
            type="text",
        ),
        class_name="palette-field",
    )


def _lines() -> rx.Component:
    nothing = rx.el.p("Nothing is called that, and no order is found by it.", class_name="mute palette-none")
    found = rx.el.span(PaletteState.found, " found", class_name="vh")
    return rx.fragment(
        rx.el.div(
            rx.foreach(PaletteState.entries, _line),
            id=LIST,
            role="listbox",
            aria_label="What is found",
            class_name="palette-list",
        ),
        rx.el.div(when(PaletteState.entries, found, when(PaletteState.answered, nothing)), role="status"),
    )


def _line(entry: Entry) -> rx.Component:
    drawn = [("go", icon("arrow-right", 14)), ("act", icon("zap", 14)), ("order", icon("receipt-text", 14))]
    sign = cast("rx.Component", rx.match(entry.kind, *drawn, icon("list", 14)))
    words = rx.fragment(
        sign,
        rx.el.span(entry.label, class_name="trunc"),
        rx.el.span(entry.about, class_name="mute cap trunc push"),
    )
    return _primitive.close(
        swift_link(words, entry.href, role="option", tab_index=-1, class_name="palette-line"),
        as_child=True,
        key=rx.Var.create(f"{entry.kind}{entry.href}{entry.label}"),
    )


def _hints() -> rx.Component:
    keys = ((("↑", "↓"), "choose"), (("Enter",), "open"), (("Esc",), "close"))
    hints = [
        rx.el.span(*(rx.el.kbd(key) for key in pressed), f" {meaning}", class_name="row row-tight")
        for pressed, meaning in keys
    ]
    return rx.el.footer(*hints, aria_hidden="true", class_name="cap mute hide-s")
