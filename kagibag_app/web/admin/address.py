"""Addresses of the organizer's screens: what one looks at is in the query, so that it can be pasted to others."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import reflex as rx


def address(path: str, **query: str) -> str:
    """Return a path with its query; empty values are left out.

    Args:
        path: Such as ``/admin/orders``.
        **query: What is looked at.
    """
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept, quote_via=quote, safe='@')}" if kept else path


def say_in_place(href: str) -> rx.event.EventSpec:
    """Return what makes a page's address say what it shows, without going anywhere.

    Whoever has gone on to another page meanwhile is left there, which a redirect would not do.

    Args:
        href: The same page's path, with its query.
    """
    path = json.dumps(href.partition("?")[0])
    return rx.call_script(
        # A page that was opened anew has a slash at its end.
        f"window.location.pathname.replace(/[/]$/, '') === {path} && "
        f'window.history.replaceState(window.history.state, "", {json.dumps(href)})'
    )


def left_out(names: list[str]) -> str:
    """Return what to say of parts of an address that could not be read; empty for none."""
    if not names:
        return ""
    return f"Part of the address could not be read and was left out: {', '.join(names)}."
