"""What a list that one reads becomes when it changes: every row is as it is now, and none moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from kagibag_app.features.orders.rules import PAGE_SIZE, OrderSort
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.orders.rows import OrderLine


@dataclass(frozen=True, slots=True)
class Pill:
    """What waits until one asks for it: new orders, with how many, or anything else that changed. Empty: nothing."""

    words: str = ""
    counts: bool = False


CHANGED = Pill("The list has changed")


def missing(shown: Sequence[OrderLine], page: Sequence[OrderLine]) -> list[str]:
    """Return the public ids of the rows that are shown and no longer on the page."""
    there = {line.id for line in page}
    return [line.id for line in shown if line.id not in there]


def kept(
    shown: Sequence[OrderLine], page: Sequence[OrderLine], elsewhere: Mapping[str, OrderLine]
) -> list[OrderLine]:
    """Return the shown rows as they are now; new ones follow behind the last as far as a page has room.

    Args:
        shown: What one reads.
        page: The same page as it is now.
        elsewhere: The ``missing`` rows as they are now; one that is there no more stays as it was.
    """
    current = {line.id: line for line in page}
    now = [marked(current.get(line.id) or elsewhere.get(line.id) or line, line.fresh) for line in shown]
    behind = [marked(line, True) for line in _behind(shown, page)]
    return [*now, *behind[: max(PAGE_SIZE - len(now), 0)]]


def marked(line: OrderLine, fresh: bool) -> OrderLine:
    """Return a row that is marked as new, or is not; mostly it is right as it is."""
    return line if line.fresh == fresh else replace(line, fresh=fresh)


def slotted(lines: Sequence[OrderLine], before: Sequence[OrderLine] = ()) -> list[OrderLine]:
    """Return rows with their slots: an order that was shown before stays in its own.

    Args:
        lines: What is shown now.
        before: What was shown of the same list; nothing for another list, which begins anew.
    """
    slots = {line.id: line.slot for line in before}
    fresh = count(max(slots.values(), default=-1) + 1)
    return [
        line if line.slot == slot else replace(line, slot=slot)
        for line in lines
        for slot in (slots[line.id] if line.id in slots else next(fresh),)
    ]


def waiting(shown: Sequence[OrderLine], page: Sequence[OrderLine], wanted: Wanted, *, more: int) -> Pill:
    """Return what a page as it is now holds ahead of the last row that is shown.

    Args:
        shown: What one reads.
        page: The same page as it is now.
        wanted: The list.
        more: How many orders the whole list has gained, as far as that is known.
    """
    known, behind = {line.id for line in shown}, {line.id for line in _behind(shown, page)}
    new = [line.id for line in page if line.id not in known and line.id not in behind]
    newest_first = wanted.sort == OrderSort.NEWEST
    if not new:
        return new_orders(more) if newest_first and not wanted.on_first_page else Pill()
    on_top = newest_first and not wanted.search and new == [line.id for line in page[: len(new)]]
    if not on_top:
        return CHANGED
    return new_orders(len(new), at_least=len(new) == len(page) >= PAGE_SIZE)


def new_orders(count: int, *, at_least: bool = False) -> Pill:
    """Return the words for so many new orders; none for none."""
    if count <= 0:
        return Pill()
    noun = "new order" if count == 1 else "new orders"
    return Pill(f"{count:,}{'+' if at_least else ''} {noun}", counts=True)


def _behind(shown: Sequence[OrderLine], page: Sequence[OrderLine]) -> Sequence[OrderLine]:
    """Return what follows the last shown row on a page."""
    known = {line.id for line in shown}
    last = max((place for place, line in enumerate(page) if line.id in known), default=None)
    return [] if last is None else page[last + 1 :]
