"""What needs no person: the days, what speaks against it, and that more caution never decides more by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.refunds.rules import (
    OrderFacts,
    RefundPolicy,
    TicketFacts,
    Tier,
    policy_outcome,
    ticket_sentence,
)
from kagibag_app.features.refunds.rules.automatic import (
    ASKED_BEFORE,
    DISPUTED,
    NEVER,
    OVER,
    why_person_for_order,
    why_person_for_tickets,
)

ZONE = "America/New_York"
START = datetime(2026, 5, 15, 23, 30, tzinfo=UTC)
FACTS = OrderFacts("USD", START, ZONE)
POLICY = RefundPolicy((Tier(14, 100), Tier(7, 50)), fee_minor=200, automatic_days_before=14)
EARLY = datetime(2026, 4, 1, 12, tzinfo=UTC)


def why(now: datetime, policy: RefundPolicy = POLICY, *, disputed: bool = False, asked: bool = False) -> str:
    """Why a person decides about the order."""
    return why_person_for_order(policy, FACTS, now, disputed=disputed, asked_before=asked)


def test_the_automatic_tier_holds_through_the_whole_of_its_last_local_day() -> None:
    last_second = datetime(2026, 5, 2, 3, 59, 59, tzinfo=UTC)
    assert why(last_second) == ""
    assert (
        why(last_second + timedelta(seconds=1)) == "The policy decides by itself until Fri 1 May 2026 only."
    )


def test_what_speaks_against_it_leaves_it_to_a_person() -> None:
    assert why(EARLY, RefundPolicy(POLICY.tiers)) == NEVER
    assert why(EARLY, disputed=True) == DISPUTED
    assert why(EARLY, asked=True) == ASKED_BEFORE
    assert why(START, RefundPolicy((Tier(0, 100),), automatic_days_before=0)) == OVER


@pytest.mark.parametrize(
    ("amount", "used", "limit", "says"),
    [
        (3370, 0, None, ""), (3370, 0, 3370, ""), (3370, 1, None, "A ticket was used at the door."),
        (0, 0, None, "The policy gives nothing back now."),
        (3371, 0, 3370, "It is more than $33.70, what one manager may give back alone."),
    ],
)  # fmt: skip
def test_tickets_and_their_amount_may_need_a_person(
    amount: int, used: int, limit: int | None, says: str
) -> None:
    assert why_person_for_tickets(amount, "USD", used=used, limit_minor=limit) == says


@given(
    days=st.integers(0, 60), before=st.integers(-2 * 24, 90 * 24), later=st.integers(0, 24 * 90),
    disputed=st.booleans(), asked=st.booleans(),
)  # fmt: skip
def test_waiting_and_warnings_never_make_a_request_automatic(
    days: int, before: int, later: int, disputed: bool, asked: bool
) -> None:
    policy = RefundPolicy((Tier(14, 100),), automatic_days_before=days)
    now = START - timedelta(hours=before)
    if not why(now + timedelta(hours=later), policy, disputed=disputed, asked=asked):
        assert why(now, policy) == ""


@given(
    amount=st.integers(0, 10**9),
    more=st.integers(0, 10**9),
    limit=st.one_of(st.none(), st.integers(0, 10**9)),
)
def test_a_larger_amount_is_never_decided_where_a_smaller_one_was_not(
    amount: int, more: int, limit: int | None
) -> None:
    def needs(minor: int) -> bool:
        return why_person_for_tickets(minor, "USD", used=0, limit_minor=limit) != ""

    assert amount == 0 or not needs(amount) or needs(amount + more)


def says(now: datetime, refundable: int = 3570, policy: RefundPolicy = POLICY, *, used: bool = False) -> str:
    """The sentence of one ticket."""
    outcome = policy_outcome(policy, FACTS, [TicketFacts(1, refundable, used)], now)
    return ticket_sentence(policy, FACTS, outcome, outcome.shares[0], paid_minor=refundable, used=used)


def test_each_ticket_says_what_it_gives_and_why() -> None:
    assert says(EARLY) == "$35.70 paid, less $2.00 kept by the organizer: $33.70 back."
    assert says(EARLY, policy=RefundPolicy((Tier(14, 100),))) == "$35.70 paid, all of it back."
    assert says(datetime(2026, 5, 5, tzinfo=UTC)) == (
        "$35.70 paid, 50 % of it back, less $2.00 kept by the organizer: $15.85 back."
    )
    assert says(datetime(2026, 5, 12, tzinfo=UTC)) == "Nothing back any more."
    assert says(START) == "The event has begun: nothing back."
    assert says(EARLY, used=True) == "Used at the door: nothing back."
