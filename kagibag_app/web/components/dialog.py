"""Dialogs: asked once, with the consequences, the safe way out first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import reflex as rx

from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import Content, Flag, Handler, Text, classes, when

_primitive = rx.radix.primitives.dialog


def dialog(
    title: Content,
    *body: Content,
    open: Flag,
    on_open_change: Handler,
    footer: Sequence[rx.Component] = (),
    alert: bool = False,
    wide: bool = False,
) -> rx.Component:
    """A window over the page: the focus stays inside, Escape closes it, the focus returns to where it was (``keys.js``).

    Args:
        title: Its heading, which is also its name for screen readers.
        *body: What it holds.
        open: Whether it shows.
        on_open_change: Called with false when it wants to close.
        footer: Buttons, the safe one first.
        alert: It interrupts for a decision; screen readers read it at once.
        wide: 640 px instead of 480.
    """
    parts = [
        rx.el.header(_primitive.title(title)),
        _primitive.description(rx.el.div(*body, class_name="dialog-body"), as_child=True),
    ]
    if footer:
        parts.append(rx.el.footer(*footer))
    content = _primitive.content(
        *parts,
        class_name=classes("dialog", "wide" if wide else ""),
        role="alertdialog" if alert else None,
    )
    return _primitive.root(
        _primitive.portal(_primitive.overlay(class_name="scrim"), content),
        open=open,
        on_open_change=on_open_change,
    )


def consequence(icon_name: str, *text: Content) -> rx.Component:
    """One thing that will happen."""
    return rx.el.li(icon(icon_name), rx.el.span(*text))


def confirm_dialog(
    question: Content,
    *,
    open: Flag,
    consequences: Sequence[rx.Component],
    act: Content,
    on_act: Handler,
    on_close: Handler,
    busy: Flag = False,
    safe: str = "Keep open",
    kind: Literal["primary", "danger"] = "primary",
    warning: Text = "",
    error: Text = "",
    fields: Sequence[rx.Component] = (),
) -> rx.Component:
    """Ask once before money moves or something is lost.

    Args:
        question: Names the act, the amount and the person: "Refund $33.70 to Maren Okafor?".
        open: Whether it shows.
        consequences: From ``consequence``.
        act: The button's words, with the amount.
        on_act: Does it. Set ``busy`` at once in the handler; further presses are dropped meanwhile.
        on_close: Closes it without doing anything; called with false.
        busy: The act is under way.
        safe: The words of the safe button, which has the focus.
        kind: ``danger`` for what loses money or data.
        warning: What cannot be undone.
        error: Why it did not work, what is safe, what to do.
        fields: What to enter, such as a message.
    """
    body: list[Content] = [rx.el.ul(*consequences, class_name="consequences"), *fields]
    body.append(when(warning, callout(warning)))
    body.append(rx.el.div(when(error, callout(error, tone="bad")), role="alert"))
    return dialog(
        question,
        *body,
        open=open,
        on_open_change=on_close,
        alert=True,
        footer=(
            rx.el.button(
                safe,
                type="button",
                on_click=_closed(on_close),
                auto_focus=True,
                class_name="btn btn-secondary",
            ),
            button(act, on_click=on_act, kind=kind, busy=busy, once=True),
        ),
    )


def _closed(on_close: Handler) -> Handler:
    """The closing handler takes the new open state; a plain press has none, so it is given here."""
    return on_close(False)


def key_sheet(*groups: tuple[str, Sequence[tuple[Sequence[str], str]]]) -> rx.Component:
    """The list of shortcuts, on ``?``. It is its own small window, opened by ``keys.js`` without asking the server.

    Args:
        *groups: Where the keys work, and the keys with what they do: ``("Everywhere", [(("g", "o"), "Orders")])``.
    """
    return _primitive.root(
        _primitive.trigger(
            rx.el.button("Keyboard shortcuts", type="button", data_key="?", class_name="btn btn-quiet btn-s"),
            as_child=True,
        ),
        _primitive.portal(
            _primitive.overlay(class_name="scrim"),
            _primitive.content(
                rx.el.header(_primitive.title("Keyboard shortcuts")),
                _primitive.description(
                    rx.el.div(*(_keys(*group) for group in groups), class_name="dialog-body key-groups"),
                    as_child=True,
                ),
                rx.el.footer(
                    _primitive.close(
                        rx.el.button("Close", type="button", class_name="btn btn-secondary"), as_child=True
                    )
                ),
                class_name="dialog wide",
            ),
        ),
    )


def _keys(place: str, keys: Sequence[tuple[Sequence[str], str]]) -> rx.Component:
    lines = [
        rx.fragment(rx.el.dt(*(rx.el.kbd(key) for key in pressed)), rx.el.dd(meaning))
        for pressed, meaning in keys
    ]
    return rx.el.section(rx.el.h3(place), rx.el.dl(*lines, class_name="key-list"))
