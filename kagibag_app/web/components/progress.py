"""How far a long work is: a bar, and the counts beside it in words."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.values import Number, Text


def progress(done: Number, total: Number, label: Text) -> rx.Component:
    """A bar that fills.

    Args:
        done: Of ``total``, in any unit.
        total: At least 1.
        label: What is under way, for screen readers; the counts stand in words beside the bar.
    """
    return rx.el.progress(value=done, max=total, aria_label=label, class_name="progress")
