"""What screens show of orders. Times are ISO 8601 text in UTC, empty when there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True)
class OrderEvent:
    """The event that an order is for; its times are shown in ``zone``."""

    id: str
    title: str
    slug: str
    starts_at: str
    ends_at: str
    doors_at: str
    zone: str
    venue: str
    address: str
    status: str
    organizer_name: str


@dataclass(frozen=True)
class LineView:
    """One ticket's line, as priced at purchase. ``ticket_id`` is empty until the order is paid."""

    id: str
    name: str
    list_minor: int
    discount_minor: int
    net_minor: int
    ticket_id: str


@dataclass(frozen=True)
class LineGroup:
    """The lines of one ticket type and price: how many, each price, and the sum of list prices."""

    name: str
    quantity: int
    price_minor: int
    amount_minor: int


@dataclass(frozen=True)
class TicketView:
    """A ticket and what was paid for it.

    Attributes:
        id: Public id, which its access link derives from.
        status: A ``TicketStatus`` value.
        position: Its place among the order's tickets, from 1, of ``of``.
        checked_in_by: Who let its holder in; empty for buyers, whose business it is not.
    """

    id: str
    code: str
    status: str
    type_name: str
    line_id: str
    net_minor: int
    position: int
    of: int
    refund_in_progress: bool
    checked_in_at: str
    voided_at: str
    void_reason: str
    checked_in_by: str = ""


@dataclass(frozen=True)
class OrderView:
    """A whole order, for its buyer and for members.

    Attributes:
        id: Public id.
        status: An ``OrderStatus`` value; ``refund_state`` and ``dispute_state`` stand beside it.
        discount_code: Empty when no code was used, as is ``discount_kind``.
        discount_value: Basis points for ``percent``, minor units for ``fixed``.
        refund_policy: The policy as it was at purchase.
        version: Grows with every change of state.
        cancel_message: What the organizer told the buyer with the cancellation; empty before it.
    """

    id: str
    number: str
    status: str
    source: str
    refund_state: str
    dispute_state: str
    buyer_name: str
    buyer_email: str
    currency: str
    subtotal_minor: int
    discount_minor: int
    total_minor: int
    refunded_minor: int
    discount_code: str
    discount_kind: str
    discount_value: int
    locale: str
    version: int
    placed_at: str
    hold_until: str
    paid_at: str
    cancelled_at: str
    event: OrderEvent
    refund_policy: dict[str, Any] = field(default_factory=dict)
    groups: list[LineGroup] = field(default_factory=list)
    lines: list[LineView] = field(default_factory=list)
    tickets: list[TicketView] = field(default_factory=list)
    cancel_message: str = ""


@dataclass(frozen=True)
class WholeOrder:
    """An order as its organizer's members see it.

    Attributes:
        key: Its internal id, for its topic and for what other features know of it.
        zone: The organizer's zone.
        line_ids: The public id of each line by its internal one.
    """

    key: int
    zone: str
    order: OrderView
    line_ids: dict[int, str]


@dataclass(frozen=True)
class TicketPage:
    """One ticket alone, as its own link shows it: no price, no other ticket."""

    ticket: TicketView
    event: OrderEvent
    buyer_name: str
    order_number: str
    order_status: str


@dataclass(frozen=True)
class OrderRow:
    """One row of the organizer's list."""

    id: str
    number: str
    buyer_name: str
    buyer_email: str
    event_title: str
    status: str
    refund_state: str
    dispute_state: str
    currency: str
    total_minor: int
    refunded_minor: int
    source: str
    discount_code: str
    tickets: int
    placed_at: str


@dataclass(frozen=True)
class StatusCount:
    """How many orders a choice of the status filter would show, all other filters kept.

    Attributes:
        capped: There are more: counting stopped at ``COUNT_CAP``.
    """

    status: str
    count: int
    capped: bool = False


@dataclass(frozen=True)
class OrderPage:
    """A page of the list.

    Attributes:
        counts: One per ``StatusFilter`` value, in its order; empty when none were asked for, and ``total`` 0.
        total: Orders that the whole filter finds, at most ``COUNT_CAP``; ``total_capped`` when there are more.
        next_after: Ask with ``after`` this for the next page; empty on the last.
        previous_before: Ask with ``before`` this for the page before; empty on the first.
        refine: The search found more orders than it looks at: it has to be refined.
        anchor_lost: ``after`` or ``before`` named no order of the organizer; this is the first page.
    """

    rows: list[OrderRow] = field(default_factory=list)
    counts: list[StatusCount] = field(default_factory=list)
    total: int = 0
    total_capped: bool = False
    next_after: str = ""
    previous_before: str = ""
    refine: bool = False
    anchor_lost: bool = False


@dataclass(frozen=True)
class Neighbours:
    """Numbers of the orders before and after one in the list's order; empty at its ends."""

    previous_number: str = ""
    next_number: str = ""


class ExportRow(NamedTuple):
    """One order as a file of many lists it. A tuple, since a million of them pass by; times are UTC, amounts minor units.

    Attributes:
        paid_at: ``None`` until it is paid.
        tickets: How many its buyer ordered.
        promotion_code, card_brand, card_last4, payment_intent_id: Empty where there is none. The card and Stripe's
            id come with ``payments.queries.export_rows``; orders know nothing of payments.
        order_id: The row's key, which never leaves the server.
    """

    number: str
    placed_at: datetime
    paid_at: datetime | None
    status: str
    refund_state: str
    dispute_state: str
    source: str
    event_title: str
    buyer_name: str
    buyer_email: str
    tickets: int
    currency: str
    subtotal_minor: int
    discount_minor: int
    total_minor: int
    refunded_minor: int
    promotion_code: str
    card_brand: str
    card_last4: str
    payment_intent_id: str
    order_id: int = 0


@dataclass(frozen=True)
class Admission:
    """What the door answers to one scan.

    Attributes:
        outcome: A ``DoorOutcome`` value.
        sentence: Why, for whoever stands at the door.
        code: The ticket's, or what was typed where there is no such ticket.
        ticket: Its public id; empty where there is none, as is all below.
        event: Public id of the event that it is for.
    """

    outcome: str
    sentence: str
    code: str
    ticket: str = ""
    holder: str = ""
    type_name: str = ""
    order_number: str = ""
    event: str = ""
    event_title: str = ""


@dataclass(frozen=True)
class DoorView:
    """An event at its door.

    Attributes:
        event_id: The key of its row, for the topics of its changes.
        expected: Tickets that let somebody in, those that did included.
        checked_in: Those that did.
    """

    event_id: int
    id: str
    title: str
    venue: str
    zone: str
    status: str
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime | None
    expected: int
    checked_in: int


@dataclass(frozen=True)
class SavedViewRow:
    """A member's saved view. ``query`` is the query string of the list's address, without question mark."""

    id: str
    name: str
    query: str
