"""Times as people type them: a date and a time of day in a zone, also in the nights in which clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kagibag_app.kit.errors import BadInput

_SHOWN = "%Y-%m-%dT%H:%M"
_FORMS = (_SHOWN, "%Y-%m-%dT%H:%M:%S")
# Far enough from both ends of what a datetime can hold for every zone.
_YEARS = range(1970, 9000)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A typed time.

    Attributes:
        at: The moment, UTC.
        remark: What a person should know of it: that this time comes twice, and which is meant; mostly empty.
    """

    at: datetime
    remark: str = ""


def local_text(at: datetime | None, zone: str) -> str:
    """Return a moment as a ``datetime-local`` field holds it in a zone, ``2026-05-15T19:30``; empty for none."""
    return f"{at.astimezone(ZoneInfo(zone)):{_SHOWN}}" if at else ""


def read_local(text: object, zone: str, *, field: str, kept: datetime | None = None) -> LocalTime:
    """Read a date and a time of day in a zone.

    A time that comes twice, when clocks go back, means the first of the two.

    Args:
        zone: IANA name.
        field: Named when it can't be read.
        kept: What is stored: a field that still says it keeps it, even where the same words mean another moment too.

    Raises:
        BadInput: No such date, or clocks jump over it.
    """
    wall = _wall(text, field)
    if kept is not None and local_text(kept, zone) == f"{wall:{_SHOWN}}":
        return LocalTime(kept)
    there = ZoneInfo(zone)
    first, second = wall.replace(tzinfo=there, fold=0), wall.replace(tzinfo=there, fold=1)
    at = first.astimezone(UTC)
    before, after = first.utcoffset(), second.utcoffset()
    if before is None or after is None or before == after:
        return LocalTime(at)
    if before < after:
        raise BadInput(_skipped(wall, zone, after - before), field=field)
    return LocalTime(
        at,
        f"On {wall:%-d %b %Y} clocks in {zone} go back and {wall:%H:%M} comes twice; the first of the two is meant, "
        f"{at:%H:%M} UTC.",
    )


def read_maybe_local(
    text: object, zone: str, *, field: str, kept: datetime | None = None
) -> LocalTime | None:
    """Read a date and a time of day that may be left out, see ``read_local``."""
    return None if text in ("", None) else read_local(text, zone, field=field, kept=kept)


def _wall(text: object, field: str) -> datetime:
    if isinstance(text, str) and text.isascii():
        for form in _FORMS:
            try:
                # What was typed has no zone yet: the caller gives it the event's.
                wall = datetime.strptime(text.strip(), form)  # noqa: DTZ007
            except ValueError:
                continue
            if wall.year in _YEARS:
                return wall.replace(second=0)
    raise BadInput("Choose a date and a time.", field=field)


def _skipped(wall: datetime, zone: str, gap: timedelta) -> str:
    """Say where a time that does not exist would have been."""
    there = ZoneInfo(zone)
    # Read with the clocks of before, it lies as far behind the jump as it was typed behind the last time that exists.
    later = wall.replace(tzinfo=there, fold=0).astimezone(UTC).astimezone(there)
    earlier = wall.replace(tzinfo=there, fold=1).astimezone(UTC).astimezone(there)
    minutes = int(gap.total_seconds()) // 60
    return (
        f"{wall:%H:%M} does not exist on {wall:%-d %b %Y} in {zone}: clocks go forward by {minutes} minutes. "
        f"Choose {earlier:%H:%M} or {later:%H:%M} instead."
    )
