"""What the queue's address says: the tab, the page of the list, the request under review."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kagibag_app.features.refunds import queries
from kagibag_app.web.admin.address import address

PATH = "/admin/refunds"
FIRST_TAB = "needs_decision"
_TABS = {"open" if key == FIRST_TAB else key: key for key in queries.TABS}
_WORDS = {key: word for word, key in _TABS.items()}
_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the queue.

    Attributes:
        tab: A key of the queue's tabs.
        request: Public id of the request under review; empty: the first one.
        after: Where this page of the list begins; empty: at the newest.
    """

    tab: str = FIRST_TAB
    request: str = ""
    after: str = ""

    def href(self) -> str:
        """Return the path with its query."""
        return address(PATH, tab=_WORDS[self.tab], after=self.after, request=self.request)


def read_place(said: Mapping[str, str]) -> tuple[Place, list[str]]:
    """Return what the query says, and the names of what could not be read and was left out."""
    tab, request, after = (said.get(name, "") for name in ("tab", "request", "after"))
    readable = {
        "tab": tab == "" or tab in _TABS,
        "request": request == "" or _ID.fullmatch(request) is not None,
        "after": after == "" or _ID.fullmatch(after) is not None,
    }
    place = Place(
        _TABS.get(tab, FIRST_TAB),
        request if readable["request"] else "",
        after if readable["after"] else "",
    )
    return place, [name for name, fits in readable.items() if not fits]
