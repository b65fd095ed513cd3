"""A value of a list's filter, as a line of its menu or a tab above it."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from kagibag_app.web.components.buttons import swift_link
from kagibag_app.web.components.tabs import tab
from kagibag_app.web.components.values import choose, when


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter: where it leads, how many it shows, whether it holds."""

    label: str
    href: str
    count: str = ""
    current: bool = False


def choice(found: Choice) -> rx.Component:
    """The line itself."""
    count = when(found.count, rx.el.span(found.count, class_name="mute push"))
    return swift_link(
        rx.fragment(rx.el.span(found.label, class_name="trunc"), count),
        found.href,
        aria_current=choose(found.current, "true", "false"),
        class_name="choice",
        key=found.label,
    )


def choice_tab(found: Choice) -> rx.Component:
    """The tab."""
    return tab(found.label, found.href, count=found.count, current=found.current, key=found.label)
