"""The schedule, the filter, the envelope and its signature."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from kagibag_app.features.webhooks.payloads import MAX_BODY, envelope, signed_headers
from kagibag_app.features.webhooks.rules import (
    SCHEDULE,
    EventType,
    accepted,
    hopeless,
    matches,
    new_secret,
    next_delay,
)

NOW = datetime(2026, 4, 7, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def delay(tries: int, **changes: Any) -> timedelta | None:
    """Return the delay after that many failed tries."""
    return next_delay(
        tries, **({"status": 500, "timed_out": False, "retry_after": None, "chance": 0.5} | changes)
    )


def test_tries_follow_the_schedule_until_it_ends() -> None:
    assert [delay(n) for n in range(1, len(SCHEDULE))] == list(SCHEDULE[1:])
    assert delay(len(SCHEDULE)) is None


@given(st.integers(1, len(SCHEDULE) - 1), st.floats(0, 1, exclude_max=True))
def test_delay_is_spread_by_a_fifth_to_either_side(tries: int, chance: float) -> None:
    found = delay(tries, chance=chance)
    assert found is not None
    assert SCHEDULE[tries] * 0.8 <= found <= SCHEDULE[tries] * 1.2


@pytest.mark.parametrize(
    ("asked", "given_"), [(0, 5), (300, 300), (450, 450), (600, 600), (601, 600), (1e300, 600)]
)
def test_receiver_may_ask_for_up_to_twice_the_delay(asked: float, given_: int) -> None:
    found = delay(2, retry_after=asked)
    assert found == (timedelta(minutes=5) if asked < 300 else timedelta(seconds=given_))


@pytest.mark.parametrize("changes", [{"status": 429}, {"timed_out": True, "status": 0}])
def test_receiver_gets_at_least_a_minute_when_it_is_overloaded(changes: dict[str, Any]) -> None:
    assert delay(1, **changes) == MINUTE
    assert delay(1, retry_after=7, **changes) == MINUTE
    assert delay(3, **changes) == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("status", "taken"), [(200, True), (204, True), (299, True), (301, False), (410, False), (0, False)]
)
def test_only_a_2xx_takes_the_event(status: int, taken: bool) -> None:
    assert accepted(status) is taken


def test_empty_filter_wants_everything() -> None:
    assert matches([], "order.paid")
    assert matches(["order.paid"], "order.paid")
    assert not matches(["order.refunded"], "order.paid")


def test_endpoint_is_hopeless_after_five_days_of_failures() -> None:
    assert not hopeless(None, NOW)
    assert not hopeless(NOW - timedelta(days=5) + MINUTE, NOW)
    assert hopeless(NOW - timedelta(days=5), NOW)


def test_secret_is_32_random_bytes_that_the_standard_package_reads() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


def test_envelope_carries_id_type_time_and_data() -> None:
    body = envelope("evt_1", EventType.ORDER_PAID, NOW, {"number": "KB-1", "buyer": "Zoë"})
    assert json.loads(body) == {
        "id": "evt_1", "type": "order.paid", "timestamp": "2026-04-07T12:00:00.000Z",
        "data": {"number": "KB-1", "buyer": "Zoë"},
    }  # fmt: skip


def test_envelope_names_what_it_left_out_when_the_order_is_huge() -> None:
    tickets = [{"id": f"tkt_{n:026d}", "code": "T-0000-0000-0000"} for n in range(600)]
    data = {"number": "KB-1", "order": {"tickets": tickets}, "lines": [1, 2, 3]}
    body = envelope("evt_1", EventType.ORDER_PAID, NOW, data)
    read = json.loads(body)
    assert len(body.encode()) < MAX_BODY
    assert read["omitted"] == ["data.order.tickets"]
    assert read["data"] == {"number": "KB-1", "order": {"tickets": []}, "lines": [1, 2, 3]}
    assert len(tickets) == 600


def test_envelope_is_refused_when_it_is_huge_without_any_list() -> None:
    with pytest.raises(ValueError, match="too large"):
        envelope("evt_1", EventType.ORDER_PAID, NOW, {"text": "x" * 30_000})


@pytest.mark.parametrize(
    "zone", [UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=45))]
)
def test_signature_verifies_whatever_zone_the_moment_is_in(zone: timezone) -> None:
    old, new, body = new_secret(), new_secret(), '{"id":"evt_1"}'
    headers = signed_headers(body, event_id="evt_1", at=datetime.now(zone), secrets=[new, old])
    assert headers["webhook-id"] == "evt_1"
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers) == {"id": "evt_1"}
    assert new not in str(headers)
