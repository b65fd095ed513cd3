"""The list's rows, tabs and filters, ready to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.events.views import EventChoice
from kagibag_app.features.orders.rules import DisputeState, OrderStatus, RefundState, StatusFilter
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.orders.views import OrderPage, OrderRow
from kagibag_app.web.admin.orders.filters import Wanted, days_shown
from kagibag_app.web.admin.times import short_time

_F = StatusFilter
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


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order in the list.

    Attributes:
        shows_status: The order's own badge is shown; it isn't when refund or dispute say that it was completed.
        fresh: It came while the list was open.
    """

    id: str
    number: str
    href: str
    buyer: str
    email: str
    event: str
    status: str
    refund_state: str
    dispute_state: str
    shows_status: bool
    total: str
    source: str
    code: str
    placed: str
    placed_iso: str
    placed_exact: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter: where it leads, how many it shows, whether it holds."""

    label: str
    href: str
    count: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """The filters that hold, in words, and the addresses without each; ``span`` and the two pages beside."""

    event: str = ""
    days: str = ""
    outcome: str = ""
    narrowed: bool = False
    without_event: str = ""
    without_days: str = ""
    without_all: str = ""
    next: str = ""
    previous: str = ""
    span: str = ""
    total: str = ""
    zone: str = ""


def line(row: OrderRow, zone: str, now: datetime) -> OrderLine:
    """Return a row with its times in the organizer's zone."""
    placed = datetime.fromisoformat(row.placed_at)
    return OrderLine(
        id=row.id,
        number=row.number,
        href=f"/admin/orders/{row.number}",
        buyer=row.buyer_name,
        email=row.buyer_email,
        event=row.event_title,
        status=row.status,
        refund_state=row.refund_state,
        dispute_state=row.dispute_state,
        shows_status=_shows_status(row.status, row.refund_state, row.dispute_state),
        total=l10n.money(row.total_minor, row.currency),
        source=row.source,
        code=row.discount_code,
        placed=short_time(placed, zone, now=now),
        placed_iso=row.placed_at,
        placed_exact=l10n.moment(placed, zone),
    )


def restated(shown: OrderLine, order: Order) -> OrderLine:
    """Return a shown row with what an order's states are now."""
    return replace(
        shown,
        status=order.status,
        refund_state=order.refund_state,
        dispute_state=order.dispute_state,
        shows_status=_shows_status(order.status, order.refund_state, order.dispute_state),
    )


def tabs(page: OrderPage, wanted: Wanted) -> list[Choice]:
    """Return the status tabs with their counts; the disputed tab holds for every outcome."""
    at = _F.DISPUTED if wanted.status in OUTCOME_LABELS else wanted.status
    return _choices(page, wanted, TAB_LABELS, at)


def outcomes(page: OrderPage, wanted: Wanted) -> list[Choice]:
    """Return how disputes stand, as choices while the disputed tab is open."""
    return _choices(page, wanted, OUTCOME_LABELS, wanted.status) if wanted.status in OUTCOME_LABELS else []


def event_choices(events: Sequence[EventChoice], wanted: Wanted) -> list[Choice]:
    """Return the organizer's events as choices."""
    return [Choice(event.title, wanted.but(event=event.id), "", event.id == wanted.event) for event in events]


def bar(page: OrderPage, events: Sequence[EventChoice], wanted: Wanted, zone: str) -> Bar:
    """Return the filters that hold, where the pages lie, and what of the list is shown."""
    return Bar(
        event=next((event.title for event in events if event.id == wanted.event), ""),
        days=days_shown(wanted.first, wanted.last),
        outcome=OUTCOME_LABELS.get(wanted.status, ""),
        narrowed=wanted.narrowed,
        without_event=wanted.but(event=""),
        without_days=wanted.but(first="", last=""),
        without_all=Wanted().but(),
        next=wanted.but(after=page.next_after) if page.next_after else "",
        previous=wanted.but(before=page.previous_before) if page.previous_before else "",
        span=_span(page),
        total=f"{page.total:,} {'order' if page.total == 1 else 'orders'}",
        zone=f"Times in {zone}",
    )


def _choices(
    page: OrderPage, wanted: Wanted, labels: dict[StatusFilter, str], at: StatusFilter
) -> list[Choice]:
    counts = {found.status: found.count for found in page.counts}
    return [
        Choice(label, wanted.but(status=status), f"{counts.get(status, 0):,}", status == at)
        for status, label in labels.items()
    ]


def _span(page: OrderPage) -> str:
    shown = len(page.rows)
    if not page.previous_before:
        return f"1–{shown} of {page.total:,}"
    return f"{shown} of {page.total:,}" if page.next_after else f"The last {shown} of {page.total:,}"


def _shows_status(status: str, refund_state: str, dispute_state: str) -> bool:
    said_beside = refund_state != RefundState.NONE or dispute_state != DisputeState.NONE
    return status != OrderStatus.PAID or not said_beside
