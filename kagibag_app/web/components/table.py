"""Tables: rows of 36 px, money at the right edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from kagibag_app.web.components.buttons import icon_button, link, swift_link
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import Content, Handler, Text, classes, when


def column(label: Content, *, numeric: bool = False, class_name: str = "", **props: Any) -> rx.Component:
    """A column's head."""
    return rx.el.th(
        label,
        scope="col",
        role="columnheader",
        class_name=classes("num" if numeric else "", class_name),
        **props,
    )


def cell(*content: Content, numeric: bool = False, class_name: str = "", **props: Any) -> rx.Component:
    """A cell; ``numeric`` for money, counts and times."""
    return rx.el.td(*content, role="cell", class_name=classes("num" if numeric else "", class_name), **props)


def row(*cells: rx.Component, class_name: Text = "", **props: Any) -> rx.Component:
    """A row. Give it ``class_name="pressable"`` and one ``row_link`` to make the whole of it open something."""
    return rx.el.tr(*cells, role="row", class_name=class_name, **props)


def row_link(label: Content, href: Text, **props: Any) -> rx.Component:
    """The link that a pressable row stands for; ``j`` and ``k`` move between them, Enter opens."""
    return swift_link(label, href, class_name="plain row-link mono med", data_row="true", **props)


def table(
    columns: Sequence[rx.Component],
    rows: Content,
    *,
    caption: Text,
    flush: bool = True,
    class_name: str = "",
    foot: Content = None,
    **props: Any,
) -> rx.Component:
    """A table whose ARIA roles stay when CSS turns rows into cards.

    Args:
        columns: From ``column``.
        rows: From ``row``, perhaps through ``rx.foreach``.
        caption: What it lists, for screen readers.
        flush: The outer cells align with the text around the table.
        class_name: Further classes, for example ``orders``.
        foot: A row of sums.
        **props: Passed to the element.
    """
    parts = [
        rx.el.caption(caption, class_name="vh"),
        rx.el.thead(rx.el.tr(*columns, role="row"), role="rowgroup"),
        rx.el.tbody(rows, role="rowgroup"),
    ]
    if foot is not None:
        parts.append(rx.el.tfoot(foot, role="rowgroup"))
    return rx.el.table(
        *parts, role="table", class_name=classes("table", "flush" if flush else "", class_name), **props
    )


def scroll_region(label: Text, *content: rx.Component) -> rx.Component:
    """A place that scrolls sideways on a small screen, by keyboard too."""
    return rx.el.div(*content, role="region", aria_label=label, tab_index=0, class_name="scroll")


def nothing() -> rx.Component:
    """An empty cell: a dash to see, "none" to hear."""
    return rx.el.span(
        rx.el.span("–", aria_hidden="true"), rx.el.span("none", class_name="vh"), class_name="mute"
    )


def pager(range_text: Content, *, previous: Text, next: Text, zone: Text = "") -> rx.Component:
    """Where one is in a long list, and the way on, also on ``p`` and ``n``.

    Args:
        range_text: Which rows are shown.
        previous: The address of the page before; empty on the first. ``next`` likewise.
        zone: Names the time zone of the list's times.
    """

    def turn(label: str, sign: str, href: Text, leading: bool) -> rx.Component:
        drawn, key = icon(sign, 12), label[0].lower()
        words = rx.fragment(*((drawn, label) if leading else (label, drawn)))
        names = "btn btn-secondary btn-s"
        there = swift_link(words, href, class_name=names, data_key=key, aria_keyshortcuts=key)
        return when(href, there, rx.el.span(words, role="link", aria_disabled="true", class_name=names))

    return rx.el.nav(
        rx.el.span(range_text),
        rx.el.span(zone, class_name="cap zone"),
        rx.el.span(
            turn("Previous", "chevron-left", previous, True),
            turn("Next", "chevron-right", next, False),
            class_name="row row-tight push",
        ),
        aria_label="Pages",
        class_name="pager",
    )


def neighbour_links(what: str, previous: Text, next: Text) -> rx.Component:
    """The same as links; an empty address is the end of the list."""
    return rx.el.span(
        _neighbour("chevron-up", f"Previous {what}, k", previous, "k"),
        _neighbour("chevron-down", f"Next {what}, j", next, "j"),
        class_name="row row-tight",
    )


def _neighbour(sign: str, label: str, href: Text, key: str) -> rx.Component:
    names = "btn btn-secondary btn-s btn-icon"
    there = link(
        icon(sign, 14), href, class_name=names, aria_label=label, title=label, data_key=key, aria_keyshortcuts=key
    )  # fmt: skip
    end = rx.el.span(icon(sign, 14), role="link", aria_disabled="true", aria_label=label, class_name=names)
    return when(href, there, end)


def neighbours(what: str, *, on_previous: Handler, on_next: Handler) -> rx.Component:
    """Previous and next beside a detail, on ``k`` and ``j``."""
    return rx.el.span(
        icon_button("chevron-up", f"Previous {what}, k", on_click=on_previous, size="s", key="k"),
        icon_button("chevron-down", f"Next {what}, j", on_click=on_next, size="s", key="j"),
        class_name="row row-tight",
    )
