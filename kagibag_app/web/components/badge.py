"""Status as word + icon + tone, and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import reflex as rx

from kagibag_app.web.components.icons import icon as draw_icon
from kagibag_app.web.components.icons import spinner
from kagibag_app.web.components.values import Flag, Number, Text, Tone, when


@dataclass(frozen=True, slots=True)
class Look:
    """How one status shows: its word, its tone and its Lucide icon."""

    label: str
    tone: Tone
    icon: str


def badge(
    label: Text, tone: Text = "neutral", icon: str | None = None, *, busy: Flag = False
) -> rx.Component:
    """A status. Never colour alone: give an icon wherever there is one for it."""
    drawn = draw_icon(icon, 12) if icon else rx.fragment()
    return rx.el.span(when(busy, spinner(12), drawn), label, class_name="badge", data_tone=tone)


def badge_for(status: Text, looks: Mapping[str, Look]) -> rx.Component:
    """The badge of a status that may be known only in the browser.

    Args:
        status: The status word as stored, for example ``row.status``.
        looks: One of the tables in ``statuses``. A word missing there shows as itself in a neutral tone, so that
            a new status is never hidden.
    """
    if not isinstance(status, rx.Var):
        look = looks.get(status)
        return badge(look.label, look.tone, look.icon) if look else badge(status)
    cases = [(key, badge(look.label, look.tone, look.icon)) for key, look in looks.items()]
    return cast("rx.Component", rx.match(status, *cases, badge(status)))


def label_for(status: Text, looks: Mapping[str, Look]) -> Text:
    """Only the word of a status, for a sentence or a column without a badge."""
    if not isinstance(status, rx.Var):
        look = looks.get(status)
        return look.label if look else status
    words = [(key, look.label) for key, look in looks.items()]
    return cast("Text", rx.match(status, *words, status))


def count(value: Number, meaning: Text, tone: Text = "neutral") -> rx.Component:
    """A number on a navigation entry, hidden at zero; ``meaning`` ends the spoken sentence: "need a decision"."""
    bubble = rx.el.span(
        rx.el.span(value, aria_hidden="true"),
        rx.el.span(", ", value, " ", meaning, class_name="vh"),
        class_name="count",
        data_tone=tone,
    )
    return when(value, bubble)


def tag(text: Text) -> rx.Component:
    """A machine word such as an event type."""
    return rx.el.span(text, class_name="tag mono")


def toned(text: Text, tone: Text) -> rx.Component:
    """A few words in the colour of a tone."""
    return rx.el.span(text, class_name="toned", data_tone=tone)
