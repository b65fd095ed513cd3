"""The list's rows, ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.orders.rules import DisputeState, OrderStatus, RefundState
from kagibag_app.features.orders.views import OrderRow
from kagibag_app.web.admin.orders.filters import Wanted
from kagibag_app.web.admin.times import short_time


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order in the list.

    Attributes:
        href: Its page, from which one comes to the next of the same list.
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


def line(row: OrderRow, wanted: Wanted, zone: str, now: datetime) -> OrderLine:
    """Return a row of the list that was asked for, with its times in the organizer's zone."""
    placed = datetime.fromisoformat(row.placed_at)
    return OrderLine(
        id=row.id,
        number=row.number,
        href=wanted.order(row.number),
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


def _shows_status(status: str, refund_state: str, dispute_state: str) -> bool:
    said_beside = refund_state != RefundState.NONE or dispute_state != DisputeState.NONE
    return status != OrderStatus.PAID or not said_beside
