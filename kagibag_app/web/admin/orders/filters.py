"""What the list shows, read from its address and written back to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from kagibag_app.features.orders.rules import OrderFilter, OrderSort, OrderSource, StatusFilter, search_text
from kagibag_app.kit.errors import BadInput
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.orders.days import day, midnight

PATH = "/admin/orders"
# The argument in which an order's own address carries the list that one came from.
LIST_ARG = "list"
# Longer than any query this list writes itself.
_QUERY_MAX = 4000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that the address says.

    Attributes:
        event: An event's public id; empty: all. ``promotion`` likewise.
        first: A day in the organizer's zone, ISO, included, as is ``last``; empty: open.
        source: An ``OrderSource`` value; empty: all.
        search: As typed.
        after: Public id of the order that the page lies behind. ``before``: that it lies ahead of.
    """

    status: StatusFilter = StatusFilter.ALL
    event: str = ""
    first: str = ""
    last: str = ""
    source: str = ""
    promotion: str = ""
    search: str = ""
    sort: OrderSort = OrderSort.NEWEST
    after: str = ""
    before: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out of the list."""
        return self.top() != Wanted(sort=self.sort)

    @property
    def on_first_page(self) -> bool:
        """Whether it begins where the list begins."""
        return not self.after and not self.before

    def top(self) -> Wanted:
        """Return the first page of the same list."""
        return replace(self, after="", before="")

    def but(self, **changes: Any) -> str:
        """Return the address of the list with something changed, from its first page unless a page is named."""
        wanted = replace(self.top(), **changes)
        return address(
            PATH,
            status="" if wanted.status == StatusFilter.ALL else wanted.status,
            event=wanted.event,
            **{"from": wanted.first, "until": wanted.last},
            source=wanted.source,
            promotion=wanted.promotion,
            sort="" if wanted.sort == OrderSort.NEWEST else wanted.sort,
            q=wanted.search,
            after=wanted.after,
            before=wanted.before,
        )

    def query(self) -> str:
        """Return the same list as a query string, from its first page; empty for all orders."""
        return self.but().partition("?")[2]

    def way(self) -> str:
        """Return what the address of one of the list's orders ends with, so that one comes from it to the list's next."""
        return address("", **{LIST_ARG: self.query()})

    def order(self, number: str) -> str:
        """Return the address of one of the list's orders."""
        return f"{PATH}/{number}{self.way()}"

    def order_filter(self, zone: str) -> OrderFilter:
        """Return what the queries take; days begin and end at midnight in the zone."""
        return OrderFilter(
            status=self.status,
            event=self.event,
            placed_from=midnight(self.first, zone),
            placed_until=midnight(self.last, zone, days=1),
            search=self.search,
            source=self.source,
            promotion=self.promotion,
            sort=self.sort,
        )


def read(said: Mapping[str, str]) -> tuple[Wanted, list[str]]:
    """Read an address's query; what can't be read is left out and named.

    Args:
        said: Query arguments by name, as any browser may have written them.
    """
    ignored: list[str] = []
    status, source, sort = _words(said, ignored)
    first, last = _days(said, ignored)
    event, promotion = _id(said, "event", "event", ignored), _id(said, "promotion", "promotion", ignored)
    after, before = _id(said, "after", "page", ignored), _id(said, "before", "page", ignored)
    if after and before:
        ignored.append("page")
        after = before = ""
    search = _search(said, ignored)
    wanted = Wanted(status, event, first, last, source, promotion, search, sort, after, before)
    return wanted, list(dict.fromkeys(ignored))


def read_query(text: str) -> tuple[Wanted, list[str]]:
    """Read the query string of a list's address, as ``Wanted.query`` writes it; see ``read``."""
    return read(dict(parse_qsl(text, errors="replace"))) if len(text) <= _QUERY_MAX else (Wanted(), ["list"])


def _words(said: Mapping[str, str], ignored: list[str]) -> tuple[StatusFilter, str, OrderSort]:
    status, sort = StatusFilter.read(said.get("status")), OrderSort.read(said.get("sort"))
    source = said.get("source", "") if said.get("source") in set(OrderSource) else ""
    for name, understood in (("status", status), ("source", source), ("sort", sort)):
        if said.get(name) and said[name] != understood:
            ignored.append(name)
    return status, source, sort


def _days(said: Mapping[str, str], ignored: list[str]) -> tuple[str, str]:
    first, last = day(said.get("from", "")), day(said.get("until", ""))
    unread = (bool(said.get("from")), bool(said.get("until"))) != (bool(first), bool(last))
    if unread or (first and last and last < first):
        ignored.append("dates")
        return "", ""
    return first, last


def _id(said: Mapping[str, str], name: str, called: str, ignored: list[str]) -> str:
    value = said.get(name, "")
    if value and not _ID.fullmatch(value):
        ignored.append(called)
        return ""
    return value


def _search(said: Mapping[str, str], ignored: list[str]) -> str:
    try:
        return search_text(said.get("q", ""))
    except BadInput:
        ignored.append("search")
        return ""
