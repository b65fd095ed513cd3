"""An event in the list, and the fields of one as they are typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from kagibag_app import l10n
from kagibag_app.features.events.rules import check_zone
from kagibag_app.features.events.views import EventLine, EventSetup
from kagibag_app.kit.local_time import LocalTime, read_local, read_maybe_local
from kagibag_app.kit.money import CURRENCIES

PATH = "/admin/events"
# Areas that people look for; the others of the database are old names of the same zones.
_AREAS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event, ready to read. ``status`` is one of ``statuses.EVENT``."""

    href: str = ""
    title: str = ""
    venue: str = ""
    when: str = ""
    status: str = ""
    sold: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class TypedEvent:
    """What a form says of an event.

    Attributes:
        fields: For the services.
        remarks: What to know of the times.
    """

    fields: dict[str, Any]
    remarks: list[str] = field(default_factory=list)


def event_path(slug: str) -> str:
    """Return the address of an event's screen."""
    return f"{PATH}/{slug}"


def event_item(line: EventLine) -> EventItem:
    """Return an event of the list; times in its own zone."""
    starts, ends = datetime.fromisoformat(line.starts_at), datetime.fromisoformat(line.ends_at)
    return EventItem(
        event_path(line.slug), line.title, line.venue, l10n.span(starts, ends, line.zone),
        "over" if line.over and line.status == "published" else line.status,
        f"{line.sold:,} of {line.capacity:,}" if line.capacity else "No tickets yet",
        f"{line.held:,} held" if line.held else "",
    )  # fmt: skip


def zone_options() -> list[tuple[str, str]]:
    """Return the time zones to choose from."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if zone.startswith(_AREAS)] + [
        ("UTC", "UTC")
    ]  # fmt: skip


def currency_options() -> list[tuple[str, str]]:
    """Return the currencies to choose from."""
    return [(code, code) for code in sorted(CURRENCIES)]


def read_event(form: Mapping[str, str], kept: EventSetup | None = None) -> TypedEvent:
    """Return what a form says of an event; its times are read in the zone that the form names.

    Args:
        kept: What is stored: times that the form repeats stay the moments they were.

    Raises:
        BadInput: A field can't be read; ``field`` names it.
    """
    zone = check_zone(form.get("zone", ""))
    # In another zone the same words are another moment.
    same = kept if kept is not None and kept.zone == zone else None
    starts = read_local(
        form.get("starts_at", ""), zone, field="starts_at", kept=same.starts_at if same else None
    )
    ends = read_local(form.get("ends_at", ""), zone, field="ends_at", kept=same.ends_at if same else None)
    doors = read_maybe_local(
        form.get("doors_at", ""), zone, field="doors_at", kept=same.doors_at if same else None
    )
    texts = {
        name: form.get(name, "") for name in ("title", "slug", "venue", "address", "summary", "currency")
    }
    times: dict[str, LocalTime | None] = {"starts_at": starts, "ends_at": ends, "doors_at": doors}
    return TypedEvent(
        {**texts, "zone": zone, **{name: time.at if time else None for name, time in times.items()}},
        [time.remark for time in times.values() if time and time.remark],
    )
