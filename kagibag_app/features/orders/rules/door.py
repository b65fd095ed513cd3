"""The door: what was scanned, and whether it is the day."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from kagibag_app.kit.ids import normalise_code

DOOR_LIMIT = 40
_TYPED_MAX, _CODE_CHARS = 80, 12


class DoorOutcome(StrEnum):
    """What the door answers. The values of refusals are also the codes of ``check_in``'s errors."""

    ADMITTED = "admitted"
    OTHER_DAY = "other_day"
    EVENT_CANCELLED = "event_cancelled"
    ALREADY_IN = "already_in"
    VOID = "ticket_void"
    REFUND = "refund_in_progress"
    NOT_PAID = "order_not_paid"
    OTHER_EVENT = "other_event"
    UNKNOWN = "unknown"


# Nothing is wrong with the ticket itself: whoever stands at the door decides.
DOUBTS = frozenset({DoorOutcome.OTHER_DAY, DoorOutcome.EVENT_CANCELLED})


def written_ticket(typed: str) -> str:
    """Return a ticket's code as it is stored, ``T-4MQ7-ZB2X-9HCE``; empty for what can't be one.

    Any case, with or without dashes and prefix, look-alike letters forgiven. A scanner that is set to another keyboard
    types other signs for the dashes (``ß`` on a German one), which are left out.
    """
    code = normalise_code("".join(char for char in typed[:_TYPED_MAX] if char.isascii()))
    code = code.removeprefix("T") if len(code) > _CODE_CHARS else code
    if len(code) != _CODE_CHARS:
        return ""
    return f"T-{code[:4]}-{code[4:8]}-{code[8:]}"


def on_its_day(now: datetime, *, opens_at: datetime, ends_at: datetime, zone: str) -> bool:
    """Say whether an event is on, to the day.

    Args:
        now: The moment (UTC), as are the others.
        opens_at: Its doors, or its start.
        ends_at: Its end; a night that ends after midnight has two days.
        zone: The event's, whose calendar counts.
    """
    there = ZoneInfo(zone)
    first, today, last = (at.astimezone(there).date() for at in (opens_at, now, ends_at))
    return first <= today <= last
