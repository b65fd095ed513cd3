"""The refund policy: deadlines are days in the event's zone, amounts are exact, sentences say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.refunds.rules import (
    OrderFacts,
    RefundPolicy,
    TicketFacts,
    Tier,
    attendee_sentence,
    later_rules,
    policy_outcome,
    policy_sentence,
    rule_sentence,
)
from kagibag_app.features.refunds.rules.policy import deadline, tier_at
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import CURRENCIES

ZONE = "America/New_York"
START = datetime(2026, 5, 15, 23, 30, tzinfo=UTC)
POLICY = RefundPolicy((Tier(14, 100), Tier(7, 50)), fee_minor=200)
FACTS = OrderFacts("USD", START, ZONE)


def at(month: int, day: int, hour: int = 12) -> datetime:
    """A moment of 2026 in UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def gives(policy: RefundPolicy, now: datetime, refundable: int = 3570, **more: Any) -> int:
    """What one ticket gives."""
    return policy_outcome(policy, FACTS, [TicketFacts(1, refundable, **more)], now).amount_minor


def test_each_tier_holds_through_the_whole_of_its_last_local_day() -> None:
    assert deadline(Tier(14, 100), START, ZONE) == date(2026, 5, 1)
    last_second = datetime(2026, 5, 2, 3, 59, 59, tzinfo=UTC)
    assert gives(POLICY, last_second) == 3370
    assert gives(POLICY, last_second + timedelta(seconds=1)) == 1585
    assert gives(POLICY, datetime(2026, 5, 9, 3, 59, tzinfo=UTC)) == 1585
    assert gives(POLICY, datetime(2026, 5, 9, 4, 0, tzinfo=UTC)) == 0


def test_nothing_is_promised_once_the_event_has_begun() -> None:
    to_the_last = RefundPolicy((Tier(0, 100),))
    assert gives(to_the_last, START - timedelta(seconds=1)) == 3570
    assert gives(to_the_last, START) == 0


def test_the_fee_never_exceeds_what_would_go_back() -> None:
    assert gives(POLICY, at(4, 1), refundable=150) == 0
    assert gives(POLICY, at(4, 1), refundable=200) == 0
    assert gives(POLICY, at(4, 1), refundable=201) == 1


def test_a_ticket_that_was_used_qualifies_only_when_the_policy_says_so() -> None:
    generous = RefundPolicy((Tier(14, 100),), checked_in_qualify=True)
    assert gives(POLICY, at(4, 1), checked_in=True) == 0
    assert gives(generous, at(4, 1), checked_in=True) == 3570


def test_sentences_say_what_the_amounts_do() -> None:
    assert policy_sentence(POLICY, START, ZONE, "USD") == (
        "Until Fri 1 May 2026 you get back what you paid less $2.00 a ticket; "
        "until 8 May half, also less $2.00; after that nothing."
    )
    half = RefundPolicy((Tier(3, 50),))
    assert policy_sentence(half, START, ZONE, "USD") == (
        "Until Tue 12 May 2026 you get back half of what you paid; after that nothing."
    )
    early = policy_outcome(POLICY, FACTS, [], at(4, 1))
    assert rule_sentence(POLICY, FACTS, early) == "Until Fri 1 May 2026: 100 % less $2.00 a ticket."
    assert later_rules(POLICY, FACTS, early) == "50 % until 8 May, then nothing."
    late = policy_outcome(POLICY, FACTS, [], at(5, 10))
    assert rule_sentence(POLICY, FACTS, late) == "After Fri 8 May 2026: nothing."
    assert attendee_sentence(POLICY, FACTS, late) == "The policy gives nothing back now; you may still ask."
    over = policy_outcome(POLICY, FACTS, [], START)
    assert rule_sentence(POLICY, FACTS, over) == "After the start of the event: nothing."
    assert "the organizer decides" in policy_sentence(RefundPolicy(), START, ZONE, "USD")


def test_a_document_comes_back_as_it_was_and_an_empty_one_promises_nothing() -> None:
    policy = RefundPolicy((Tier(14, 100),), 150, True, False, 30)
    assert RefundPolicy.from_document(policy.to_document()) == policy
    assert RefundPolicy.from_document({}) == RefundPolicy()


@pytest.mark.parametrize(
    "document",
    [
        {"tiers": [{"days_before": -1, "percent": 50}]},
        {"tiers": [{"days_before": 1, "percent": 101}]},
        {"tiers": [{"days_before": 1.5, "percent": 50}]},
        {"tiers": [{"days_before": True, "percent": 50}]},
        {"tiers": [{"percent": 50}]},
        {"tiers": [{"days_before": 1, "percent": 50}, {"days_before": 1, "percent": 60}]},
        {"fee_minor": "2"},
        {"automatic_days_before": -3},
    ],
)
def test_a_document_that_is_none_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        RefundPolicy.from_document(document)


tiers = st.lists(
    st.builds(Tier, st.integers(0, 400), st.integers(0, 100)), max_size=4, unique_by=lambda t: t.days_before
).map(lambda ts: tuple(sorted(ts, key=lambda t: -t.days_before)))
policies = st.builds(
    RefundPolicy, tiers, st.integers(0, 5000), st.booleans(), st.booleans(), st.none() | st.integers(0, 90)
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(
    ["America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin", "UTC"]
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[RefundPolicy, OrderFacts, list[TicketFacts], datetime]:
    """A policy, an order, its tickets and a moment."""
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    step = CURRENCIES[currency].step
    amounts = draw(st.lists(st.integers(0, 50_000).map(lambda n: n * step), max_size=6))
    tickets = [TicketFacts(i, amount, draw(st.booleans())) for i, amount in enumerate(amounts)]
    return draw(policies), OrderFacts(currency, START, draw(zones)), tickets, draw(moments)


@given(cases())
def test_an_outcome_is_exact_and_within_what_is_refundable(
    case: tuple[RefundPolicy, OrderFacts, list[TicketFacts], datetime],
) -> None:
    policy, order, tickets, now = case
    outcome, step = policy_outcome(policy, order, tickets, now), CURRENCIES[order.currency].step
    assert outcome.amount_minor == sum(s.amount_minor for s in outcome.shares)
    assert outcome == policy_outcome(policy, order, tickets, now)
    for ticket, share in zip(tickets, outcome.shares, strict=True):
        assert 0 <= share.amount_minor <= ticket.refundable_minor
        assert 0 <= share.kept_minor <= policy.fee_minor
        assert share.amount_minor % step == 0
        assert share.amount_minor + share.kept_minor <= ticket.refundable_minor


@given(cases())
def test_several_tickets_give_the_sum_of_each_alone(
    case: tuple[RefundPolicy, OrderFacts, list[TicketFacts], datetime],
) -> None:
    policy, order, tickets, now = case
    alone = sum(policy_outcome(policy, order, [t], now).amount_minor for t in tickets)
    assert policy_outcome(policy, order, tickets, now).amount_minor == alone


@given(st.integers(0, 10**9), moments)
def test_a_whole_refund_without_fee_takes_the_exact_remainder(refundable: int, now: datetime) -> None:
    policy = RefundPolicy((Tier(0, 100),))
    expected = refundable if now < START else 0
    assert gives(policy, now, refundable) == expected


@given(policies, zones, moments, moments)
def test_an_earlier_moment_meets_an_earlier_or_the_same_tier(
    policy: RefundPolicy, zone: str, one: datetime, other: datetime
) -> None:
    early, late = sorted((one, other))
    first, second = tier_at(policy, START, zone, early), tier_at(policy, START, zone, late)
    assert second is None or (first is not None and first.days_before >= second.days_before)
