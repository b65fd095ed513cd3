"""The list's tabs, filters and pages: what holds, what else one may choose, and where each leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kagibag_app.features.events.views import EventChoice
from kagibag_app.features.orders.rules import OrderSort, OrderSource, StatusFilter
from kagibag_app.features.orders.views import OrderPage
from kagibag_app.features.promotions.views import PromotionChoice
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.orders.days import days_shown, ranges
from kagibag_app.web.admin.orders.filters import Wanted

_F, _S = StatusFilter, OrderSort
TAB_LABELS = {
    _F.ALL: "All",
    _F.PAID: "Completed",
    _F.PENDING: "Pending",
    _F.PROCESSING: "Processing",
    _F.PAYMENT_FAILED: "Payment failed",
    _F.PARTIALLY_REFUNDED: "Partially refunded",
    _F.REFUNDED: "Refunded",
    _F.DISPUTED: "Disputed",
    _F.EXPIRED: "Expired",
    _F.CANCELLED: "Cancelled",
}
OUTCOME_LABELS = {_F.DISPUTED: "Open", _F.DISPUTE_WON: "Won", _F.DISPUTE_LOST: "Lost"}
SOURCE_LABELS = {OrderSource.STRIPE: "Stripe", OrderSource.FREE: "Free"}
SORT_LABELS = {
    _S.NEWEST: "Newest first",
    _S.OLDEST: "Oldest first",
    _S.HIGHEST: "Highest total first",
    _S.LOWEST: "Lowest total first",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """What holds, in words; empty: it doesn't.

    Attributes:
        without_event: The address without a filter, as the other ``without_...``.
        by_total: Where the column's head leads; ``total_order`` is its ``aria-sort``, as for ``placed``.
        next: The pages beside this one; empty at the ends.
    """

    event: str = ""
    days: str = ""
    source: str = ""
    promotion: str = ""
    outcome: str = ""
    narrowed: bool = False
    without_event: str = ""
    without_days: str = ""
    without_source: str = ""
    without_promotion: str = ""
    without_all: str = ""
    sort: str = SORT_LABELS[_S.NEWEST]
    by_total: str = ""
    by_placed: str = ""
    total_order: str = "none"
    placed_order: str = "descending"
    next: str = ""
    previous: str = ""
    zone: str = ""
    days_zone: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """How many orders there are, in words: in all, and which of them are shown."""

    total: str = ""
    span: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What one may choose from, and what was looked for without what is not the organizer's.

    Attributes:
        missed: What of ``wanted`` named nothing.
        complete: Whether events and promotions were read at all.
    """

    wanted: Wanted
    missed: tuple[str, ...] = ()
    events: list[EventChoice] = field(default_factory=list)
    promotions: list[PromotionChoice] = field(default_factory=list)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What one may choose instead."""

    spans: list[Choice]
    events: list[Choice]
    sources: list[Choice]
    promotions: list[Choice]
    sorts: list[Choice]


def around(offered: Offered, zone: str, now: datetime) -> Around:
    """Return what one may choose instead of what holds.

    Args:
        zone: The organizer's, in which the list has its days and times.
        now: UTC.
    """
    at = offered.wanted
    return Around(
        spans=[
            Choice(label, at.but(first=first, last=last), "", (first, last) == (at.first, at.last))
            for label, (first, last) in ranges(now, zone)
        ],
        events=[Choice(e.title, at.but(event=e.id), "", e.id == at.event) for e in offered.events],
        sources=[
            Choice(label, at.but(source=source), "", source == at.source)
            for source, label in SOURCE_LABELS.items()
        ],
        promotions=[
            Choice(p.code, at.but(promotion=p.id), "", p.id == at.promotion) for p in offered.promotions
        ],
        sorts=[Choice(label, at.but(sort=sort), "", sort == at.sort) for sort, label in SORT_LABELS.items()],
    )


def bar(offered: Offered, page: OrderPage, zone: str) -> Bar:
    """Return the filters that hold, and where the pages beside lie."""
    wanted = offered.wanted
    return Bar(
        event=next((event.title for event in offered.events if event.id == wanted.event), ""),
        days=days_shown(wanted.first, wanted.last),
        source=SOURCE_LABELS[OrderSource(wanted.source)] if wanted.source else "",
        promotion=next((found.code for found in offered.promotions if found.id == wanted.promotion), ""),
        outcome=OUTCOME_LABELS.get(wanted.status, ""),
        narrowed=wanted.narrowed,
        without_event=wanted.but(event=""),
        without_days=wanted.but(first="", last=""),
        without_source=wanted.but(source=""),
        without_promotion=wanted.but(promotion=""),
        without_all=Wanted(sort=wanted.sort).but(),
        sort=SORT_LABELS[wanted.sort],
        by_total=wanted.but(sort=_S.LOWEST if wanted.sort == _S.HIGHEST else _S.HIGHEST),
        by_placed=wanted.but(sort=_S.OLDEST if wanted.sort == _S.NEWEST else _S.NEWEST),
        total_order=_order(wanted.sort) if wanted.sort.by_total else "none",
        placed_order="none" if wanted.sort.by_total else _order(wanted.sort),
        next=wanted.but(after=page.next_after) if page.next_after else "",
        previous=wanted.but(before=page.previous_before) if page.previous_before else "",
        zone=f"Times in {zone}",
        days_zone=f"Days begin at midnight in {zone}",
    )


def sums(page: OrderPage) -> Sums:
    """Return what is said of a counted page."""
    total, shown = number(page.total, page.total_capped), len(page.rows)
    if not page.previous_before:
        span = f"1–{shown} of {total}"
    else:
        span = f"{shown} of {total}" if page.next_after else f"The last {shown} of {total}"
    return Sums(f"{total} {'order' if page.total == 1 else 'orders'}", span)


def number(count: int, capped: bool) -> str:
    """Return a count as people read it: ``10,000+`` where counting stopped."""
    return f"{count:,}{'+' if capped else ''}"


def tabs(page: OrderPage, wanted: Wanted) -> list[Choice]:
    """Return the status tabs, with their counts as soon as there are some; the disputed tab holds for every outcome."""
    at = _F.DISPUTED if wanted.status in OUTCOME_LABELS else wanted.status
    return _counted_choices(page, wanted, TAB_LABELS, at)


def outcomes(page: OrderPage, wanted: Wanted) -> list[Choice]:
    """Return how disputes stand, as choices while the disputed tab is open."""
    if wanted.status not in OUTCOME_LABELS:
        return []
    return _counted_choices(page, wanted, OUTCOME_LABELS, wanted.status)


def _counted_choices(
    page: OrderPage, wanted: Wanted, labels: dict[StatusFilter, str], at: StatusFilter
) -> list[Choice]:
    counts = {found.status: number(found.count, found.capped) for found in page.counts}
    return [
        Choice(label, wanted.but(status=status), counts.get(status, ""), status == at)
        for status, label in labels.items()
    ]


def _order(sort: OrderSort) -> str:
    return "descending" if sort.descending else "ascending"
