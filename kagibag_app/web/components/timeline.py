"""What happened, then when and who."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import reflex as rx

from kagibag_app.web.components.badge import Look
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.statuses import TIMELINE
from kagibag_app.web.components.values import Content, Text, when


def timeline(*entries: rx.Component) -> rx.Component:
    """An ordered list of ``timeline_entry`` and ``timeline_day``, newest first."""
    return rx.el.ol(*entries, class_name="timeline")


def timeline_day(day: Text) -> rx.Component:
    """The heading of a day: "Thu 9 April 2026"."""
    return rx.el.li(day, class_name="day")


def exact_time(shown: Text, iso: Text, exact: Text) -> rx.Component:
    """A time as people say it, with the exact one in a tooltip.

    Args:
        shown: "38 minutes ago", "03:47 EDT".
        iso: ISO 8601 with offset, for machines.
        exact: The full time with its zone, as the tooltip.
    """
    return rx.el.time(shown, date_time=iso, title=exact)


def timeline_entry(
    kind: Text,
    text: Content,
    *,
    at: Text,
    iso: Text,
    exact: Text,
    by: Text,
    quote: Text = "",
    detail: Text = "",
    looks: Mapping[str, Look] = TIMELINE,
    **props: Any,
) -> rx.Component:
    """One thing that happened.

    Args:
        kind: A key of ``looks``; an unknown one gets a plain dot.
        text: What happened, with its amount.
        at: The time as shown.
        iso: The time for machines.
        exact: The time in full, as a tooltip.
        by: Who: a name, "Stripe", "System".
        quote: Words a person wrote.
        detail: A second, quieter line.
        looks: Tone and icon by kind.
        **props: ``key`` inside ``rx.foreach``.
    """
    body = rx.el.div(
        rx.el.div(text),
        when(detail, rx.el.p(detail, class_name="mute")),
        when(quote, rx.el.p(quote, class_name="quote")),
        rx.el.div(exact_time(at, iso, exact), " · ", by, class_name="by"),
    )
    return rx.el.li(_dot(kind, looks), body, **props)


def _dot(kind: Text, looks: Mapping[str, Look]) -> rx.Component:
    def drawn(tone: str, name: str) -> rx.Component:
        return rx.el.span(icon(name, 12), class_name="dot", data_tone=tone)

    plain = drawn("neutral", "circle-dot")
    if not isinstance(kind, rx.Var):
        look = looks.get(kind)
        return drawn(look.tone, look.icon) if look else plain
    return cast(
        "rx.Component",
        rx.match(kind, *[(key, drawn(look.tone, look.icon)) for key, look in looks.items()], plain),
    )
