"""Amounts, splits, states, delays and failure sentences of refunds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.orders.rules import RefundState
from kagibag_app.features.refunds.rules import (
    ACTIVE_REQUESTS,
    REFUND_MOVES,
    REQUEST_MOVES,
    RESERVING,
    RETRY_DELAYS,
    RefundStatus,
    RequestStatus,
    allocate,
    check_amount,
    failure_sentence,
    money_state,
)
from kagibag_app.features.refunds.rules.schedule import (
    absence_is_proof,
    key_is_young,
    look_up_delay,
    retry_delay,
)
from kagibag_app.features.refunds.rules.tracker import StepKey, step_states
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.kit.money import CURRENCIES

NOW = datetime(2026, 4, 13, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "12", "1e3", 1.0, float("nan"), float("inf"), True, [5], {}, b"5"])
def test_attack_8_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(BadInput):
        check_amount(value, limit_minor=100, currency="USD")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (-1, "amount_not_positive"),
        (0, "amount_not_positive"),
        (101, "refund_exceeds_remaining"),
        (10**400, "refund_exceeds_remaining"),
    ],
)
def test_attack_8_what_lies_outside_the_range_is_refused(value: int, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_amount(value, limit_minor=100, currency="USD")
    assert refused.value.code == code


lines = st.lists(st.integers(0, 10_000), min_size=1, max_size=8)


@given(lines, st.integers(0, 90_000), st.sampled_from(["USD", "JPY", "KWD"]))
def test_a_split_is_exact_and_never_gives_a_line_more_than_it_has(
    weights: list[int], amount: int, currency: str
) -> None:
    step = CURRENCIES[currency].step
    refundable = {i: w * step for i, w in enumerate(weights)}
    parts = allocate(amount * step, refundable, currency)
    assert sum(parts.values()) == min(amount * step, sum(refundable.values()))
    assert all(0 < part <= refundable[line] and part % step == 0 for line, part in parts.items())


@given(lines)
def test_all_that_is_left_takes_each_lines_exact_remainder(weights: list[int]) -> None:
    refundable = dict(enumerate(weights))
    assert allocate(sum(weights), refundable, "USD") == {i: w for i, w in refundable.items() if w}


@pytest.mark.parametrize(
    ("succeeded", "moving", "state"),
    [
        (0, False, RefundState.NONE),
        (0, True, RefundState.PENDING),
        (40, True, RefundState.PARTIAL),
        (40, False, RefundState.PARTIAL),
        (100, False, RefundState.FULL),
    ],
)
def test_an_orders_refund_state_follows_from_its_sums(
    succeeded: int, moving: bool, state: RefundState
) -> None:
    assert money_state(total_minor=100, succeeded_minor=succeeded, in_flight=moving) == (succeeded, state)


def test_every_status_has_a_row_in_its_table() -> None:
    assert set(REFUND_MOVES.moves) == set(RefundStatus)
    assert set(REQUEST_MOVES.moves) == set(RequestStatus)
    assert {RequestStatus.OPEN, RequestStatus.FAILED} < ACTIVE_REQUESTS
    assert set(RefundStatus) - {RefundStatus.FAILED, RefundStatus.CANCELED} == RESERVING


@given(st.integers(1, 50), st.floats(0, 0.999))
def test_delays_follow_the_schedule_within_a_fifth(tries: int, chance: float) -> None:
    planned = RETRY_DELAYS[min(tries, len(RETRY_DELAYS)) - 1]
    assert planned * 0.8 <= retry_delay(tries, chance) <= planned * 1.2


def test_the_look_that_can_prove_absence_is_not_missed() -> None:
    sent = NOW - timedelta(hours=24, minutes=50)
    delay = look_up_delay(sent, 9, NOW, 0.5)
    assert absence_is_proof(sent, NOW + delay)
    assert delay < timedelta(minutes=15)
    assert look_up_delay(NOW - timedelta(hours=73), 9, NOW, 0.5) == timedelta(hours=24)


def test_a_key_is_used_for_23_hours_and_absence_counts_after_25() -> None:
    assert key_is_young(NOW - timedelta(hours=22, minutes=59), NOW)
    assert not key_is_young(NOW - timedelta(hours=23), NOW)
    assert not absence_is_proof(NOW - timedelta(hours=25), NOW)
    assert absence_is_proof(NOW - timedelta(hours=25, seconds=1), NOW)


@pytest.mark.parametrize("request_status", list(RequestStatus))
@pytest.mark.parametrize("refund", [None, *RefundStatus])
def test_the_tracker_never_runs_ahead(request_status: RequestStatus, refund: RefundStatus | None) -> None:
    states = list(step_states(request_status, refund).values())
    order = ["done", "now", "failed", "todo"]
    assert states == sorted(states, key=order.index)
    assert states[0] == "done"


def test_the_tracker_shows_the_bank_only_after_stripe_accepted() -> None:
    assert step_states(RequestStatus.APPROVED, RefundStatus.UNKNOWN)[StepKey.SENT] == "now"
    assert step_states(RequestStatus.FULFILLED, RefundStatus.SUCCEEDED)[StepKey.AT_BANK] == "now"


def test_a_failure_is_told_in_plain_words() -> None:
    assert "expired or was cancelled" in failure_sentence("expired_or_canceled_card")
    assert failure_sentence("new_code", "Something odd.") == "Stripe refused the refund: Something odd."
    assert failure_sentence("new_code").startswith("Stripe refused the refund without a reason.")


# Source: docs.stripe.com/api/refunds/object, failure_reason.
@pytest.mark.parametrize(
    "code",
    [
        "charge_for_pending_refund_disputed", "declined", "expired_or_canceled_card", "insufficient_funds",
        "lost_or_stolen_card", "merchant_request", "unknown",
    ],
)  # fmt: skip
def test_every_reason_that_stripe_documents_says_why_and_what_to_do(code: str) -> None:
    assert failure_sentence(code, "raw") != failure_sentence("new_code", "raw")
    assert re.search(r"[Tt]ry again|Add funds|another way|[Aa]nswer the dispute", failure_sentence(code))
