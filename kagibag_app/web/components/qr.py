"""A QR code drawn in the page."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.components.values import Number, Text, classes


def qr(path: Text, size: Number, *, label: Text, large: bool = False) -> rx.Component:
    """Dark modules on white, in either theme, so that every scanner reads it.

    Args:
        path: The path's ``d``: horizontal strokes of width 1, centred on each row of modules. It goes into an
            attribute and is never read as markup.
        size: Modules a side, with the quiet zone.
        label: For screen readers: "QR code of ticket T-4MQ7-ZB2X".
        large: For the ticket's own page and for paper.
    """
    return rx.el.svg(
        rx.el.svg.path(d=path),
        view_box=rx.Var.create(f"0 0 {size} {size}"),
        role="img",
        aria_label=label,
        custom_attrs={"shapeRendering": "crispEdges"},
        class_name=classes("qr", "qr-large" if large else ""),
    )
