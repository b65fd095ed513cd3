"""Which days the figures are of, and the stretches that the chart shows; days are the organizer's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.orders import days

PATH = "/admin"
PRESETS = {"today": ("Today", 1), "7": ("7 days", 7), "30": ("30 days", 30), "90": ("90 days", 90)}
FIRST = "30"
# Bars stay wide enough to be told apart: beyond so many days they are of weeks, then of months.
_DAILY, _WEEKLY = 31, 182
LONGEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days.

    Attributes:
        first, last: Both included.
        preset: A key of ``PRESETS``; empty for days that somebody chose.
        stretches: The first days of what the chart has bars of, rising.
    """

    first: date
    last: date
    preset: str
    stretches: tuple[date, ...]

    def bounds(self, zone: str) -> tuple[datetime, ...]:
        """Return the moments (UTC) between the stretches, its own begin and end included."""
        return tuple(_midnight(day, zone) for day in (*self.stretches, self.last + timedelta(days=1)))

    def href(self, currency: str = "") -> str:
        """Return the address that shows it."""
        chosen = {} if self.preset else {"from": self.first.isoformat(), "until": self.last.isoformat()}
        preset = "" if self.preset == FIRST else self.preset
        return address(PATH, days=preset, currency=currency, **chosen)

    def words(self) -> str:
        """Return the days in words."""
        return days.days_shown(self.first.isoformat(), self.last.isoformat())

    def bar_words(self, number: int) -> str:
        """Return what one stretch is of, in words."""
        first = self.stretches[number]
        following = self.stretches[number + 1 :]
        last = following[0] - timedelta(days=1) if following else self.last
        return days.days_shown(first.isoformat(), last.isoformat())


def read_period(said: Mapping[str, str], now: datetime, zone: str) -> tuple[Period, list[str]]:
    """Return the period that an address asks for, and the names of what could not be read and was left out.

    Args:
        said: The query.
        now: Decides what today is (UTC).
        zone: The organizer's.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    typed = {name: said.get(name, "") for name in ("from", "until")}
    read = {name: days.day(text) for name, text in typed.items()}
    ignored = [name for name, text in typed.items() if text and not read[name]]
    if read["from"] and read["until"] and not ignored:
        first, last = date.fromisoformat(read["from"]), date.fromisoformat(read["until"])
        if first <= last <= first + LONGEST:
            return _period(first, last, ""), []
        ignored = ["from", "until"]
    preset = said.get("days", "")
    if preset and preset not in PRESETS:
        ignored.append("days")
    return preset_period(preset if preset in PRESETS else FIRST, today), ignored


def preset_period(preset: str, today: date) -> Period:
    """Return a period that ends today."""
    return _period(today - timedelta(days=PRESETS[preset][1] - 1), today, preset)


def _period(first: date, last: date, preset: str) -> Period:
    length = (last - first).days + 1
    if length <= _WEEKLY:
        step = 1 if length <= _DAILY else 7
        stretches = tuple(first + timedelta(days=passed) for passed in range(0, length, step))
    else:
        stretches = (first, *_months_after(first, last))
    return Period(first, last, preset, stretches)


def _months_after(first: date, last: date) -> list[date]:
    found, month = [], first
    while (month := (month.replace(day=1) + timedelta(days=32)).replace(day=1)) <= last:
        found.append(month)
    return found


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
