"""Buttons and links."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx
from reflex_components_core.el.elements.inline import A

from kagibag_app.web.components.icons import icon as draw_icon
from kagibag_app.web.components.icons import spinner
from kagibag_app.web.components.values import Content, Flag, Handler, Text, choose, classes, when

Kind = Literal["primary", "secondary", "quiet", "danger", "danger-quiet"]
Size = Literal["s", "m", "l"]


def _class(kind: Kind, size: Size, block: bool, extra: str) -> str:
    return classes(
        "btn", f"btn-{kind}", "" if size == "m" else f"btn-{size}", "btn-block" if block else "", extra
    )


def _content(
    label: Content, icon: str | None, size: Size, trailing: str | None, key: str | None
) -> list[Any]:
    drawn = 12 if size == "s" else 16 if size == "l" else 14
    parts: list[Any] = [draw_icon(icon, drawn)] if icon else []
    parts.append(label)
    if trailing:
        parts.append(draw_icon(trailing, drawn))
    if key:
        parts.append(rx.el.kbd(key, aria_hidden="true"))
    return parts


def button(
    label: Content,
    *,
    on_click: Handler = None,
    kind: Kind = "secondary",
    size: Size = "m",
    icon: str | None = None,
    trailing_icon: str | None = None,
    key: str | None = None,
    busy: Flag = False,
    disabled: Flag = False,
    submit: bool = False,
    once: bool = False,
    block: bool = False,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """A button whose label names the act, with its amount where money moves.

    Args:
        label: The words.
        on_click: What happens.
        kind: One ``primary`` a screen; ``danger`` only for what loses money or data.
        size: ``m`` is 32 px (40 on touch), ``s`` 24, ``l`` 44 for attendees.
        icon: A Lucide name in front of the words.
        trailing_icon: A Lucide name behind them.
        key: The shortcut that presses it, also shown on it (``keys.js``).
        busy: Shows a spinner and takes no press. The button keeps its focus, which a disabled one would lose.
        disabled: Takes no press; say beside it why.
        submit: Sends the form around it.
        once: A second press within a second is dropped in the browser, before the server could answer.
        block: As wide as its place.
        class_name: Further classes.
        **props: Passed to the element.
    """
    if on_click is not None:
        props["on_click"] = on_click
    if key:
        props |= {"data_key": key, "aria_keyshortcuts": key}
    if once:
        props["data_once"] = "true"
    if busy is not False:
        props["aria_busy"] = choose(busy, "true", "false")
    if disabled is not False:
        props["aria_disabled"] = choose(disabled, "true", "false")
    parts = _content(label, None if busy is not False else icon, size, trailing_icon, key)
    if busy is not False:
        parts.insert(0, when(busy, spinner(), draw_icon(icon, 14) if icon else None))
    return rx.el.button(
        *parts,
        type="submit" if submit else "button",
        class_name=_class(kind, size, block, class_name),
        **props,
    )


def icon_button(
    icon: str,
    label: Text,
    *,
    on_click: Handler = None,
    kind: Kind = "secondary",
    size: Size = "m",
    key: str | None = None,
    **props: Any,
) -> rx.Component:
    """A button with a picture alone; ``label`` is its name for screen readers and its tooltip."""
    if on_click is not None:
        props["on_click"] = on_click
    if key:
        props |= {"data_key": key, "aria_keyshortcuts": key}
    return rx.el.button(
        draw_icon(icon, 14 if size == "s" else 16),
        type="button",
        aria_label=label,
        title=label,
        class_name=_class(kind, size, False, classes("btn-icon", props.pop("class_name", ""))),
        **props,
    )


def link(
    label: Content,
    href: Text,
    *,
    external: bool = False,
    plain: bool = False,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """A link inside the product changes the page without a reload; an external one opens beside it.

    Args:
        label: The words, or parts.
        href: A path of this product, or a full address when ``external``.
        external: Opens a new tab and sends no referrer.
        plain: Looks like the text around it.
        class_name: Further classes.
        **props: Passed to the element.
    """
    names = classes("plain" if plain else "", class_name)
    if external:
        return anchor(label, href, target="_blank", rel="noopener noreferrer", class_name=names, **props)
    return rx.el.a(label, href=href, class_name=names, **props)


def anchor(label: Content, href: Text, **props: Any) -> rx.Component:
    """A link that the browser itself follows: to a file, another site, or a place on this page.

    ``rx.el.a`` always goes through the router, which changes the page without asking the server and leaves the focus
    where it was.
    """
    return A.create(label, href=href, **props)


def swift_link(label: Content, href: Text, **props: Any) -> rx.Component:
    """A link inside the product for places with many of them: it costs nothing until it is pressed.

    The page around it has a ``link_follower`` (every screen of the workspace does).
    """
    return anchor(label, href, data_go="true", **props)


def link_button(
    label: Content,
    href: Text,
    *,
    kind: Kind = "secondary",
    size: Size = "m",
    icon: str | None = None,
    trailing_icon: str | None = None,
    external: bool = False,
    block: bool = False,
    download: bool = False,
    **props: Any,
) -> rx.Component:
    """A link that looks like a button: it goes somewhere, it does not change anything.

    ``download`` makes a plain link that the browser itself follows, for files the server sends; the page stays connected
    (``keys.js``).
    """
    parts = rx.fragment(*_content(label, icon, size, trailing_icon, None))
    names = _class(kind, size, block, props.pop("class_name", ""))
    if download:
        return anchor(parts, href, class_name=names, data_file="true", **props)
    return link(parts, href, external=external, class_name=names, **props)
