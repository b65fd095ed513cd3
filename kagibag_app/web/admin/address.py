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


def say_in_place(state: rx.State, href: str, *, besides: str = "") -> rx.event.EventSpec:
    """Return what makes a page's address say what it shows, without going anywhere.

    Whoever has gone on meanwhile, to another page or to something else on this one, is left there: a redirect would
    throw them back.

    Args:
        state: Of the page; its address is the one that the event came from.
        href: The same page's path, with its query.
        besides: The part of the query that may have changed since then, as what is typed does.
    """
    path, said = json.dumps(href.partition("?")[0]), json.dumps(str(state.router.url.query or ""))
    return rx.call_script(
        # A page that was opened anew has a slash at its end.
        f"((rest) => window.location.pathname.replace(/[/]$/, '') === {path} && "
        f"rest(window.location.search) === rest({said}) && "
        f'window.history.replaceState(window.history.state, "", {json.dumps(href)}))'
        "((query) => { const left = new URLSearchParams(query); "
        f"left.delete({json.dumps(besides)}); left.sort(); return String(left); }})"
    )


def left_out(names: list[str]) -> str:
    """Return what to say of parts of an address that could not be read; empty for none."""
    if not names:
        return ""
    return f"Part of the address could not be read and was left out: {', '.join(names)}."
