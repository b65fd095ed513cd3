"""Events, ticket types and what may be sold when."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from zoneinfo import available_timezones

from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.kit.money import currency
from kagibag_app.kit.text import one_line
from kagibag_app.kit.transitions import Transitions

MAX_PRICE_MINOR = 99_999_990
MAX_CAPACITY = 1_000_000
# Fifty lines with their names must fit into one webhook of less than 20 kB.
TYPE_NAME_LIMIT = 60
TYPE_NAME_BYTES = 120

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


class EventStatus(StrEnum):
    """Whether an event sells."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    ENDED = "ended"


_S = EventStatus
EVENT_MOVES: Transitions[EventStatus] = Transitions(
    "event",
    {
        _S.DRAFT: frozenset({_S.PUBLISHED, _S.CANCELLED}),
        _S.PUBLISHED: frozenset({_S.CANCELLED, _S.ENDED}),
        _S.CANCELLED: frozenset(),
        _S.ENDED: frozenset(),
    },
)


class SaleState(StrEnum):
    """Whether a ticket type, or an event as a whole, can be bought at a moment."""

    ON_SALE = "on_sale"
    NOT_YET = "not_yet"
    SOLD_OUT = "sold_out"
    CLOSED = "closed"
    CANCELLED = "cancelled"


def event_sale(status: EventStatus, ends_at: datetime, now: datetime) -> SaleState:
    """Return whether an event sells at all: ``ON_SALE``, ``CANCELLED``, or ``CLOSED`` (a draft, over, ended)."""
    if status == EventStatus.CANCELLED:
        return SaleState.CANCELLED
    selling = status == EventStatus.PUBLISHED and now < ends_at
    return SaleState.ON_SALE if selling else SaleState.CLOSED


def type_sale(
    event: SaleState, *, sales_start: datetime | None, sales_end: datetime | None, left: int, now: datetime
) -> SaleState:
    """Return whether a ticket type can be bought.

    Args:
        event: What ``event_sale`` said.
        sales_start: First moment of its sale; ``None``: from publication on.
        sales_end: First moment after its sale; ``None``: until the event is over.
        left: Capacity neither sold nor held.
    """
    if event != SaleState.ON_SALE:
        return event
    if sales_end is not None and now >= sales_end:
        return SaleState.CLOSED
    if left <= 0:
        return SaleState.SOLD_OUT
    return SaleState.NOT_YET if sales_start is not None and now < sales_start else SaleState.ON_SALE


def overall_sale(event: SaleState, types: list[SaleState]) -> SaleState:
    """Return what an event's page says as a whole: the best that any of its ticket types offers."""
    if event != SaleState.ON_SALE:
        return event
    best = (SaleState.ON_SALE, SaleState.NOT_YET, SaleState.SOLD_OUT)
    return next((state for state in best if state in types), SaleState.CLOSED)


def sold_out_sentence(name: str, left: int) -> str:
    """Say what is left of a ticket type when more was wanted."""
    if left <= 0:
        return f"{name} is sold out. Nothing was charged; please choose other tickets."
    tickets = "ticket is" if left == 1 else "tickets are"
    return f"Only {left} {name} {tickets} left. Nothing was charged; please choose fewer."


def check_slug(text: object) -> str:
    """Return an address part: lower-case letters, digits and single dashes.

    Raises:
        BadInput: It has another shape.
    """
    slug = one_line(text, field="slug", limit=80)
    if not _SLUG.fullmatch(slug):
        raise BadInput(
            "Use lower-case letters, digits and single dashes, for example spring-fair.", field="slug"
        )
    return slug


def check_zone(text: object) -> str:
    """Return an IANA time zone name.

    Raises:
        BadInput: There is no such zone.
    """
    zone = one_line(text, field="zone", limit=64)
    if zone not in available_timezones():
        raise BadInput("Choose a time zone such as Europe/Berlin.", field="zone")
    return zone


def check_times(starts_at: datetime, ends_at: datetime, doors_at: datetime | None) -> None:
    """Accept times in order: doors, start, end.

    Raises:
        BadInput: They are out of order.
    """
    if ends_at <= starts_at:
        raise BadInput("An event ends after it starts.", field="ends_at")
    if doors_at is not None and doors_at > starts_at:
        raise BadInput("The doors open before the start.", field="doors_at")


def check_open(status: EventStatus) -> None:
    """Accept an event that may still be changed.

    Raises:
        DomainError: ``event_closed``: it was cancelled or has ended.
    """
    if status not in (EventStatus.DRAFT, EventStatus.PUBLISHED):
        raise DomainError(f"This event is {status}, so it is not changed any more.", code="event_closed")


def check_charges(*, paid: bool, charges_enabled: bool) -> None:
    """Accept a published event that sells nothing paid, or whose account may be charged.

    Raises:
        DomainError: ``charges_disabled``.
    """
    if paid and not charges_enabled:
        raise DomainError(
            "This event sells paid tickets, and the Stripe account can't take payments yet. Finish its set-up at "
            "Stripe, then publish.",
            code="charges_disabled",
        )


def check_window(sales_start: datetime | None, sales_end: datetime | None) -> None:
    """Accept a sale that ends after it starts.

    Raises:
        BadInput: It does not.
    """
    if sales_start is not None and sales_end is not None and sales_end <= sales_start:
        raise BadInput("A sale ends after it starts.", field="sales_end")


def check_room(capacity: int, *, sold: int, held: int) -> int:
    """Return a capacity that holds what is sold and held.

    Raises:
        BadInput: It is less; the sentence says how much is needed.
    """
    if capacity < sold + held:
        on_hold = f" and {held:,} are held by orders being paid" if held else ""
        raise BadInput(
            f"{sold:,} are sold{on_hold}, so the capacity is at least {sold + held:,}.", field="capacity"
        )
    return capacity


def check_type_name(text: object) -> str:
    """Return a ticket type's name, short enough for every list and webhook.

    Raises:
        BadInput: Empty or too long.
    """
    name = one_line(text, field="name", limit=TYPE_NAME_LIMIT)
    if len(name.encode()) > TYPE_NAME_BYTES:
        raise BadInput("This name is too long; please shorten it.", field="name")
    return name


def check_price(minor: int, code: str) -> int:
    """Return a price in minor units of a currency, a multiple of its step.

    Raises:
        BadInput: Negative, too large, or no multiple of the step.
    """
    step = currency(code).step
    if not 0 <= minor <= MAX_PRICE_MINOR or minor % step:
        raise BadInput("This price can't be charged in the event's currency.", field="price")
    return minor


def check_count(value: int, *, field: str, largest: int) -> int:
    """Return a count from 1 to ``largest``.

    Raises:
        BadInput: Outside that range.
    """
    if not 1 <= value <= largest:
        raise BadInput(f"Type a number from 1 to {largest:,}.", field=field)
    return value
