"""The calendar file, read back by the rules of RFC 5545."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kagibag_app.features.orders.documents import calendar
from kagibag_app.features.orders.views import OrderEvent
from tests.paper_orders import EVENT

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)


def made(event: OrderEvent = EVENT, **changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "order_number": "KB-7F3K-9Q2M",
        "sequence": 3,
        "cancelled": False,
        "page": "http://localhost:8000/e/night-harbour-sessions",
        "made_at": NOW,
    }
    return calendar(event, **(fields | changes))


def read(content: bytes) -> list[tuple[str, str]]:
    """Unfold the lines and take the escapes out of their values (RFC 5545, 3.1 and 3.3.11)."""
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    assert lines.pop() == ""
    return [(name, _plain(value)) for name, _, value in (line.partition(":") for line in lines)]


def _plain(value: str) -> str:
    shown, rest = "", iter(value)
    for character in rest:
        if character == "\\":
            escaped = next(rest)
            shown += "\n" if escaped in "nN" else escaped
        else:
            shown += character
    return shown


def test_the_event_stands_in_it_with_times_in_utc() -> None:
    found = read(made())
    assert found[0] == ("BEGIN", "VCALENDAR")
    assert found[-1] == ("END", "VCALENDAR")
    entry = dict(found)
    assert entry["VERSION"] == "2.0"
    assert (entry["DTSTART"], entry["DTEND"]) == ("20260515T233000Z", "20260516T030000Z")
    assert (entry["DTSTAMP"], entry["SEQUENCE"]) == ("20260420T120000Z", "3")
    assert entry["UID"] == "kb-7f3k-9q2m.evt_harbour@kagibag"
    assert (entry["SUMMARY"], entry["STATUS"]) == ("Night Harbour Sessions", "CONFIRMED")
    assert entry["LOCATION"] == "The Foundry Hall, 88 Valley St, Providence, RI"
    assert entry["DESCRIPTION"].split("\n") == [
        "Doors Fri 15 May, 18:30 EDT",
        "Fri 15 May 2026, 19:30–23:00 EDT",
        "Order KB-7F3K-9Q2M, tickets by Lantern Row",
    ]
    assert entry["URL"] == "http://localhost:8000/e/night-harbour-sessions"


def test_the_same_entry_is_meant_when_the_event_moved_or_was_cancelled() -> None:
    first = dict(read(made()))
    moved = dict(read(made(replace(EVENT, starts_at="2026-05-22T23:30:00+00:00"), sequence=4)))
    cancelled = dict(read(made(cancelled=True)))
    assert first["UID"] == moved["UID"] == cancelled["UID"]
    assert int(moved["SEQUENCE"]) > int(first["SEQUENCE"])
    assert (cancelled["STATUS"], cancelled["TRANSP"]) == ("CANCELLED", "TRANSPARENT")
    assert int(cancelled["SEQUENCE"]) > int(first["SEQUENCE"])


@pytest.mark.parametrize(
    "title",
    [
        "Rock; roll, and \\backslash",
        "夜の港セッション" * 30,
        "x" * 400,
        "e\u0301tude",
        "Night\r\nATTENDEE:mailto:x@evil.example\nBEGIN:VALARM",
        "\u202eevil\x00\u2028name",
    ],
)
def test_attack_9_a_title_stays_one_value_in_lines_of_75_octets(title: str) -> None:
    content = made(replace(EVENT, title=title, venue=title))
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    found = read(content)
    assert [name for name, _ in found if name in ("ATTENDEE", "BEGIN")] == ["BEGIN", "BEGIN"]
    entry = dict(found)
    if "\n" not in title and "\u202e" not in title:
        assert entry["SUMMARY"] == title.replace("e\u0301", "é")
    assert not set("\u202e\x00") & set(entry["SUMMARY"])
