"""Saved views: a member's own names for filters of the list."""

from __future__ import annotations

from kagibag_app.kit.text import one_line

VIEWS_EACH = 30
NAME_LIMIT = 60
QUERY_LIMIT = 1000


def view_name(typed: object) -> str:
    """Return the name of a saved view, trimmed.

    Raises:
        BadInput: Not text, empty, or too long to stand in a menu.
    """
    return one_line(typed, field="name", limit=NAME_LIMIT)


def view_query(query: object) -> str:
    """Return the query string of the list's address, without its question mark; empty is the whole list.

    Raises:
        BadInput: Not text, or longer than any address of the list.
    """
    return one_line(query, field="query", limit=QUERY_LIMIT, required=False).removeprefix("?")
