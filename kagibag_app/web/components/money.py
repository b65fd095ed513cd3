"""Amounts as text. They arrive formatted, with their currency and a true minus sign; nothing here computes."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.components.values import Text, classes


def money(text: Text, *, strong: bool = False, tone: Text | None = None) -> rx.Component:
    """An amount in a sentence or a cell; it never wraps and its figures share one width.

    Args:
        text: Formatted, for example ``−$47.30``.
        strong: Medium weight, for the column that matters.
        tone: ``bad`` for a loss; the sign says it as well.
    """
    names = classes("num nowrap", "med" if strong else "", "toned" if tone is not None else "")
    toned: dict[str, Any] = {} if tone is None else {"data_tone": tone}
    return rx.el.span(text, class_name=names, **toned)


def figure(text: Text) -> rx.Component:
    """The one amount that matters on a screen."""
    return rx.el.span(text, class_name="figure nowrap")
