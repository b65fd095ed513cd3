"""A button that opens a list of further acts; ``keys.js`` closes it on Escape, on a press outside and once one is chosen."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.buttons import anchor
from kagibag_app.web.components.icons import icon as draw_icon
from kagibag_app.web.components.values import Content, Handler, Text, classes


def menu(label: Text, *items: rx.Component, icon: str = "ellipsis", class_name: str = "") -> rx.Component:
    """The button and what it opens.

    Args:
        label: Its name for screen readers and its tooltip: "More".
        *items: From ``menu_item`` and ``menu_link``.
        icon: A Lucide name.
        class_name: Further classes.
    """
    opener = rx.el.summary(
        draw_icon(icon), aria_label=label, title=label, class_name="btn btn-secondary btn-icon"
    )
    return rx.el.details(
        opener, rx.el.ul(*items, class_name="pop menu-items"), class_name=classes("menu", class_name)
    )


def menu_item(
    label: Content,
    icon: str,
    *,
    on_click: Handler,
    about: Content = None,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """One act; ``about`` is a quiet line below its words."""
    pressed = rx.el.button(
        *_words(label, icon, about), type="button", on_click=on_click, class_name="menu-item", **props
    )
    return rx.el.li(pressed, class_name=class_name)


def menu_link(label: Content, icon: str, href: Text, *, about: Content = None, **props: Any) -> rx.Component:
    """One place to go or file to take, followed by the browser itself."""
    return rx.el.li(anchor(rx.fragment(*_words(label, icon, about)), href, class_name="menu-item", **props))


def _words(label: Content, icon: str, about: Content) -> tuple[rx.Component, ...]:
    said = rx.fragment() if about is None else rx.el.span(about, class_name="hint")
    return draw_icon(icon, 14), rx.el.span(rx.el.span(label), said)
