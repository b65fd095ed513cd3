"""Grey shapes in the layout of what is coming, so that nothing jumps."""

from __future__ import annotations

from collections.abc import Sequence

import reflex as rx


def skeleton(width: str = "100%", height: str = "12px") -> rx.Component:
    """One shape."""
    return rx.el.span(style={"width": width, "height": height}, class_name="skeleton")


def skeleton_rows(count: int, widths: Sequence[str]) -> rx.Component:
    """Rows of a table that is loading; one width a column."""
    return rx.fragment(
        *(
            rx.el.tr(*(rx.el.td(skeleton(width)) for width in widths), aria_hidden="true")
            for _ in range(count)
        )
    )


def skeleton_page(label: str = "Loading") -> rx.Component:
    """A page's head and a few lines."""
    lines = [skeleton(width) for width in ("92%", "78%", "85%", "64%")]
    return rx.el.div(
        rx.el.span(label, class_name="vh"),
        rx.el.div(skeleton("208px", "24px"), skeleton("72px", "20px"), class_name="row"),
        rx.el.div(*lines, class_name="stack"),
        role="status",
        class_name="stack-l",
    )
