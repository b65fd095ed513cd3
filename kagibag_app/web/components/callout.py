"""What to know before acting, and what cannot wait."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.icons import icon as draw_icon
from kagibag_app.web.components.values import Content, Text, Tone

_ICONS: dict[str, str] = {
    "neutral": "info",
    "progress": "clock",
    "good": "circle-check",
    "attention": "triangle-alert",
    "bad": "triangle-alert",
}


def callout(
    *body: Content,
    title: Text | None = None,
    tone: Tone = "attention",
    icon: str | None = None,
    live: bool = False,
) -> rx.Component:
    """A note beside what it concerns.

    Args:
        *body: What happened, what is safe, what to do.
        title: Its first words, in the tone's colour.
        tone: ``attention`` to look first, ``bad`` for a loss or a deadline.
        icon: Instead of the tone's own.
        live: Announced by screen readers when it appears.
    """
    first = [] if title is None else [rx.el.strong(title), " "]
    return rx.el.div(
        draw_icon(icon or _ICONS[tone]),
        rx.el.div(*first, *body),
        class_name="callout",
        data_tone=tone,
        role="status" if live else None,
    )


def banner(
    title: Content,
    *body: Content,
    label: str,
    action: rx.Component | None = None,
    tone: Tone = "bad",
    icon: str = "shield-alert",
) -> rx.Component:
    """The one thing about a page that cannot wait, across its top.

    Args:
        title: The fact with its amount and deadline.
        *body: Paragraphs: why, and what is blocked meanwhile.
        label: The region's name for screen readers.
        action: The button that deals with it.
        tone: Its colour.
        icon: A Lucide name.
    """
    text = rx.el.div(
        draw_icon(icon, 20),
        rx.el.div(rx.el.h2(title), *(rx.el.p(part) for part in body)),
        class_name="banner-text",
    )
    return rx.el.section(
        text, *([action] if action else []), aria_label=label, class_name="banner", data_tone=tone
    )
