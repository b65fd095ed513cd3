"""What screens show of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


def iso(at: datetime | None) -> str:
    """Return a moment as ISO 8601 text in UTC, empty when there is none."""
    return at.isoformat() if at else ""


@dataclass(frozen=True)
class TicketTypeView:
    """A ticket type on its event's page.

    Attributes:
        id: Public id.
        left: Tickets neither sold nor held.
        most: The largest quantity one order may take now; 0 when it is not on sale.
        sale: A ``SaleState`` value.
        sales_start: ISO 8601 in UTC, or empty.
        sales_end: ISO 8601 in UTC, or empty.
    """

    id: str
    name: str
    description: str
    price_minor: int
    currency: str
    left: int
    most: int
    per_order_limit: int
    sale: str
    sales_start: str
    sales_end: str


@dataclass(frozen=True)
class EventView:
    """An event's public page.

    Attributes:
        id: Public id.
        starts_at: ISO 8601 in UTC, as are ``ends_at`` and ``doors_at`` (empty: unknown).
        zone: The event's IANA zone, in which its times are shown.
        status: An ``EventStatus`` value, never ``draft``.
        sale: A ``SaleState`` value for the event as a whole.
        refund_policy: The document of ``refunds.rules.RefundPolicy``.
    """

    id: str
    slug: str
    title: str
    summary: str
    venue: str
    address: str
    zone: str
    currency: str
    starts_at: str
    ends_at: str
    doors_at: str
    status: str
    sale: str
    organizer_name: str
    refund_policy: dict[str, Any] = field(default_factory=dict)
    ticket_types: list[TicketTypeView] = field(default_factory=list)


@dataclass(frozen=True)
class EventChoice:
    """An event in a filter: public id, title, start (ISO 8601 in UTC), zone and status."""

    id: str
    title: str
    slug: str
    starts_at: str
    zone: str
    status: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event in the organizer's list, with the counters of all its ticket types.

    Attributes:
        id: Public id.
        starts_at: ISO 8601 in UTC, as is ``ends_at``.
        over: It has ended, whatever its status says.
    """

    id: str
    slug: str
    title: str
    venue: str
    zone: str
    starts_at: str
    ends_at: str
    status: str
    over: bool
    sold: int
    held: int
    capacity: int


@dataclass(frozen=True, slots=True)
class TypeSetup:
    """A ticket type while it is set up: what is sold of it, and whether it could be bought now.

    Attributes:
        id: Public id.
        sale: A ``SaleState`` value.
        sales_start: UTC or none, as is ``sales_end``.
    """

    id: str
    name: str
    description: str
    price_minor: int
    capacity: int
    sold: int
    held: int
    per_order_limit: int
    sale: str
    sales_start: datetime | None
    sales_end: datetime | None


@dataclass(frozen=True, slots=True)
class EventSetup:
    """An event while it is set up, drafts too. Times are UTC.

    Attributes:
        key: Internal id, for the services; it stays on the server.
        id: Public id.
        over: It has ended, whatever its status says.
    """

    key: int
    id: str
    slug: str
    title: str
    summary: str
    venue: str
    address: str
    zone: str
    currency: str
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime | None
    status: str
    over: bool
    ticket_types: list[TypeSetup] = field(default_factory=list)
