"""A lost connection, said quietly."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from kagibag_app.web.components.icons import icon


def offline_banner() -> rx.Component:
    """Shows while the browser cannot reach the server; it goes by itself when the connection is back.

    The region is always in the page, so that screen readers announce what appears in it. The strip waits 0.7 s before it shows: a
    reconnect during a restart is usually faster.
    """
    strip = rx.el.div(
        icon("wifi-off", 14),
        rx.el.span("Connection lost. What you see may be old; it reconnects by itself."),
        class_name="offline",
    )
    return rx.el.div(rx.cond(has_connection_errors, strip, rx.fragment()), role="status")
