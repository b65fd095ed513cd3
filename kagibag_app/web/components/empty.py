"""Nothing here, or it could not be shown: what this is, what is safe, what next."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.icons import icon as draw_icon
from kagibag_app.web.components.values import Content, Text, Tone


def empty(
    icon: str,
    title: Text,
    text: Content,
    *actions: Content,
    tone: Tone | None = None,
    framed: bool = False,
    **props: Any,
) -> rx.Component:
    """A place without content.

    Args:
        icon: A Lucide name.
        title: What is missing: "No refund requests waiting".
        text: When something will appear here, or what is safe.
        *actions: Buttons with the next step.
        tone: ``bad`` when something failed.
        framed: Draws a frame around it.
        **props: Passed to the element.
    """
    parts = [draw_icon(icon, 20, tone=tone), rx.el.h2(title), rx.el.p(text)]
    if actions:
        parts.append(rx.el.div(*actions, class_name="row wrap"))
    return rx.el.div(*parts, class_name="empty frame" if framed else "empty", **props)


def failed(title: Text, text: Content, *actions: Content) -> rx.Component:
    """Something could not be loaded or done."""
    return empty("triangle-alert", title, text, *actions, tone="bad", role="alert")
