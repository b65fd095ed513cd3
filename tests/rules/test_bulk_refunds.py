"""What a run over many orders may do, at which speed, and whether the balance pays for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.bulk_refunds.rules import Cover, Facts, cover_of, plan
from kagibag_app.features.refunds.rules.pacing import RECOVERS_AFTER, SLOWEST, USUAL, Pace, usual_pace

NOW = datetime(2026, 4, 7, 12, tzinfo=UTC)
PAID = Facts(
    source="stripe", status="paid", currency="USD", total_minor=5000, dispute_state="none", captured=True,
    open_chargeback=False, room_minor=5000, lines_left_minor=5000, on_its_way=False, tickets=2, checked_in=0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": "free", "total_minor": 0, "captured": False}, "nothing_was_paid"),
        ({"source": "free", "total_minor": 0, "status": "cancelled"}, "order_not_paid"),
        ({"status": "pending", "captured": False}, "order_not_paid"),
        ({"status": "expired", "captured": False}, "order_not_paid"),
        ({"open_chargeback": True}, "charge_disputed"),
        ({"dispute_state": "lost"}, "charge_lost"),
        ({"lines_left_minor": 0}, "nothing_left"),
        ({"room_minor": 0}, "nothing_left"),
        ({"on_its_way": True, "lines_left_minor": 3000}, "refund_in_progress"),
    ],
)
def test_an_order_is_left_out_with_its_reason(changes: dict, code: str) -> None:
    planned = plan(replace(PAID, **changes))
    assert (planned.amount_minor, planned.code) == (0, code)
    assert planned.reason.endswith(".")


def test_all_that_is_left_goes_back_in_steps_of_the_currency() -> None:
    assert plan(PAID).amount_minor == 5000
    assert plan(replace(PAID, lines_left_minor=3000)).amount_minor == 3000
    assert plan(replace(PAID, currency="KWD", room_minor=4995)).amount_minor == 4990
    # What was paid for a cancelled order stays to be returned, after its refund has failed.
    assert plan(replace(PAID, status="cancelled")).amount_minor == 5000


def test_balances_are_compared_by_currency_and_never_added() -> None:
    covers = cover_of({"USD": 5000, "EUR": 100}, {"USD": (4000, 900), "GBP": (10**9, 0)})
    assert covers == [Cover("EUR", 100, None), Cover("USD", 5000, 4000, 900)]
    assert [cover.short_minor for cover in covers] == [0, 1000]


@given(st.lists(st.tuples(st.integers(0, 90_000), st.booleans()), min_size=1, max_size=60))
def test_turns_never_come_faster_than_the_usual_speed(acts: list[tuple[int, bool]]) -> None:
    pace, now, before = usual_pace(NOW), NOW, None
    for milliseconds, refused in acts:
        now += timedelta(milliseconds=milliseconds)
        if refused:
            slower = pace.slowed(now)
            if slower is not None:
                assert USUAL < slower.interval <= SLOWEST
                pace = slower
            continue
        at, pace = pace.turn(now)
        assert at >= now
        assert before is None or at - before >= USUAL
        before = at


def test_a_burst_of_refusals_halves_the_speed_once_and_quiet_brings_it_back() -> None:
    pace = Pace(USUAL, NOW)
    slower = pace.slowed(NOW)
    assert slower is not None
    assert slower.interval == 2 * USUAL
    assert slower.slowed(NOW + timedelta(seconds=1)) is None
    slowest = slower.slowed(NOW + timedelta(seconds=3))
    assert slowest is not None
    assert slowest.interval == 4 * USUAL
    _, faster = slowest.turn(NOW + timedelta(seconds=3) + RECOVERS_AFTER)
    _, usual = faster.turn(NOW + timedelta(seconds=3) + 2 * RECOVERS_AFTER)
    assert (faster.interval, usual.interval, usual.slowed_at) == (2 * USUAL, USUAL, None)
