"""What the queue's address says: the tab, what it is narrowed to, the page of the list, the request under review."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules.queue import QueueFilter, RequestWarning
from kagibag_app.web.admin.address import address

PATH = "/admin/refunds"
FIRST_TAB = "needs_decision"
_TABS = {"open" if key == FIRST_TAB else key: key for key in queries.TABS}
_WORDS = {key: word for word, key in _TABS.items()}
_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
# A whole number that fits every column, whatever the currency makes of it.
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_DAYS = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the queue.

    Attributes:
        tab: A key of the queue's tabs.
        request: Public id of the request under review; empty: the first one.
        after: Where this page of the list begins; empty: at its beginning.
        wanted: What the list is narrowed to.
    """

    tab: str = FIRST_TAB
    request: str = ""
    after: str = ""
    wanted: QueueFilter = field(default_factory=QueueFilter)

    def href(self) -> str:
        """Return the path with its query."""
        said = self.wanted
        return address(
            PATH, tab=_WORDS[self.tab], event=said.event, age=str(said.days or ""), amount=str(said.amount or ""),
            warning=said.warning, after=self.after, request=self.request,
        )  # fmt: skip

    def narrowed(self, **to: str | int) -> str:
        """Return the address of the list's beginning with another filter."""
        return Place(self.tab, wanted=replace(self.wanted, **to)).href()  # type: ignore[arg-type]


def read_place(said: Mapping[str, str]) -> tuple[Place, list[str]]:
    """Return what the query says, and the names of what could not be read and was left out."""
    fits: dict[str, Callable[[str], object]] = {
        "tab": _TABS.__contains__,
        "request": _ID.fullmatch,
        "after": _ID.fullmatch,
        "event": _ID.fullmatch,
        "warning": set(RequestWarning).__contains__,
        "age": _DAYS.fullmatch,
        "amount": _NUMBER.fullmatch,
    }
    read = {name: said.get(name, "") for name in fits}
    ignored = [name for name, value in read.items() if value and not fits[name](value)]
    read |= dict.fromkeys(ignored, "")
    wanted = QueueFilter(
        read["event"], read["warning"], days=int(read["age"] or 0), amount=int(read["amount"] or 0)
    )
    return Place(_TABS.get(read["tab"], FIRST_TAB), read["request"], read["after"], wanted), ignored
