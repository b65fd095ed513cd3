"""An event and its ticket types in words and in fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kagibag_app import l10n
from kagibag_app.features.events.views import EventSetup, TypeSetup
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.local_time import local_text, read_maybe_local
from kagibag_app.kit.money import decimal_text, parse_decimal


@dataclass(frozen=True, slots=True)
class EventForm:
    """What the form of the event holds. ``round`` changes when its fields have to begin anew."""

    title: str = ""
    slug: str = ""
    venue: str = ""
    address: str = ""
    summary: str = ""
    zone: str = ""
    currency: str = ""
    starts_at: str = ""
    ends_at: str = ""
    doors_at: str = ""
    round: str = ""


@dataclass(frozen=True, slots=True)
class EventFace:
    """The event as a whole. ``status`` is one of ``statuses.EVENT``."""

    title: str = ""
    when: str = ""
    status: str = ""
    page: str = ""
    sold: str = "0"
    draft: bool = False
    open: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class TypeItem:
    """A ticket type, ready to read and to be changed."""

    id: str = ""
    name: str = ""
    description: str = ""
    price: str = ""
    typed_price: str = ""
    capacity: str = ""
    sold: str = ""
    held: str = ""
    per_order_limit: str = "10"
    sale: str = ""
    window: str = ""
    sales_start: str = ""
    sales_end: str = ""


def event_form(found: EventSetup, round: str) -> EventForm:
    """Return the form that says an event."""
    return EventForm(
        found.title, found.slug, found.venue, found.address, found.summary, found.zone, found.currency,
        local_text(found.starts_at, found.zone), local_text(found.ends_at, found.zone),
        local_text(found.doors_at, found.zone), round,
    )  # fmt: skip


def event_face(found: EventSetup) -> EventFace:
    """Return what the screen says of the event."""
    over = found.over and found.status == "published"
    return EventFace(
        found.title, l10n.span(found.starts_at, found.ends_at, found.zone), "over" if over else found.status,
        "" if found.status == "draft" else f"/e/{found.slug}", f"{sum(row.sold for row in found.ticket_types):,}",
        found.status == "draft", found.status in ("draft", "published"), found.status == "cancelled",
    )  # fmt: skip


def type_item(row: TypeSetup, event: EventSetup) -> TypeItem:
    """Return a ticket type of an event; times in the event's zone."""
    return TypeItem(
        row.id, row.name, row.description,
        l10n.money(row.price_minor, event.currency) if row.price_minor else "Free",
        decimal_text(row.price_minor, event.currency), str(row.capacity), f"{row.sold:,} of {row.capacity:,}",
        f"{row.held:,} held" if row.held else "", str(row.per_order_limit), row.sale,
        _window(row.sales_start, row.sales_end, event.zone),
        local_text(row.sales_start, event.zone), local_text(row.sales_end, event.zone),
    )  # fmt: skip


def read_type(
    form: Mapping[str, str], event: EventSetup, kept: TypeSetup | None
) -> tuple[dict[str, Any], list[str]]:
    """Return what a form says of a ticket type, for the services, and what to know of its times.

    Args:
        kept: What is stored; none for a new one.

    Raises:
        BadInput: A field can't be read; ``field`` names it.
    """
    starts = read_maybe_local(
        form.get("sales_start", ""), event.zone, field="sales_start", kept=kept.sales_start if kept else None
    )
    ends = read_maybe_local(
        form.get("sales_end", ""), event.zone, field="sales_end", kept=kept.sales_end if kept else None
    )
    try:
        price = parse_decimal(form.get("price", "").strip() or "0", event.currency)
    except BadInput as error:
        raise BadInput(error.message, field="price") from None
    said = {
        "name": form.get("name", ""),
        "description": form.get("description", ""),
        "price_minor": price,
        "capacity": _count(form.get("capacity", ""), "capacity"),
        "per_order_limit": _count(form.get("per_order_limit", ""), "per_order_limit"),
        "sales_start": starts.at if starts else None,
        "sales_end": ends.at if ends else None,
    }
    return said, [time.remark for time in (starts, ends) if time and time.remark]


def _window(start: datetime | None, end: datetime | None, zone: str) -> str:
    if start and end:
        return f"{l10n.moment(start, zone)} to {l10n.moment(end, zone)}"
    if start:
        return f"From {l10n.moment(start, zone)}"
    return f"Until {l10n.moment(end, zone)}" if end else ""


def _count(text: str, name: str) -> int:
    typed = text.strip()
    if not typed.isascii() or not typed.isdigit() or len(typed) > 9:
        raise BadInput("Type a whole number.", field=name)
    return int(typed)
