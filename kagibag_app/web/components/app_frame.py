"""What surrounds every page: stylesheets, head, error page, connection banner, toasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary

from kagibag_app.web.components.buttons import anchor
from kagibag_app.web.components.connection import offline_banner
from kagibag_app.web.components.empty import failed
from kagibag_app.web.components.toasts import toaster

STYLESHEETS = [
    "/tokens.css",
    *(
        f"/styles/{name}.css"
        for name in (
            "base",
            "controls",
            "status",
            "tables",
            "orders",
            "bulk",
            "door",
            "home",
            "glyphs",
            "shell",
            "flow",
            "attendee",
            "review",
            "dialogs",
            "palette",
            "exporting",
            "print",
        )
    ),
]

NOT_INDEXED: list[dict[str, str]] = [
    {"name": "robots", "content": "noindex, nofollow"},
    {"name": "referrer", "content": "no-referrer"},
]
"""``meta`` of a page behind a login or a secret link: no search engine keeps it, and its address goes to nobody."""


def app_arguments() -> dict[str, Any]:
    """Keyword arguments of ``rx.App`` that make up the look; the caller adds its own, such as ``api_transformer``."""
    return {
        "stylesheets": STYLESHEETS,
        "reset_style": False,
        "html_lang": "en",
        "head_components": head(),
        "app_wraps": _wraps(),
        "toaster": toaster(),
    }


def head() -> list[rx.Component]:
    """The page's own icon, the text font before it is asked for, and the keyboard script."""
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(
            rel="preload",
            href="/fonts/hanken-grotesk-latin-wght-normal.woff2",
            type="font/woff2",
            cross_origin="anonymous",
            custom_attrs={"as": "font"},
        ),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.script(src="/keys.js", defer=True),
    ]


def error_page() -> rx.Component:
    """Instead of a page whose drawing failed in the browser."""
    again = anchor("Load the page again", "", class_name="btn btn-secondary")
    text = "Your data is safe: only this view failed, and the error has been reported."
    return rx.el.main(failed("This page could not be shown", text, again), class_name="alone")


def _wraps() -> dict[tuple[int, str], Callable[[bool], rx.Component | None]]:
    """Reflex's own wraps, with our error page and banner instead of its error screen and its red toast."""

    def boundary(stateful: bool) -> rx.Component:
        reported: dict[str, Any] = {} if stateful else {"on_error": rx.noop()}
        return ErrorBoundary.create(fallback_render=error_page(), **reported)

    return {
        (55, "ErrorBoundary"): boundary,
        (5, "Overlay"): lambda stateful: offline_banner() if stateful else None,
    }
