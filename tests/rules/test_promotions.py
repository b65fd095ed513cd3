"""What a code takes off, and what it answers when it takes off nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.promotions.rules import (
    INVALID,
    CartLine,
    PromotionFacts,
    PromotionKind,
    Quote,
    Rejection,
    check_code,
    check_limit,
    check_value,
    normalise_code,
    quote,
)
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import CURRENCIES

NOW = datetime(2026, 4, 2, 18, 0, tzinfo=UTC)
FLOOR, BALCONY = 1, 2
FIFTEEN = PromotionFacts(PromotionKind.PERCENT, 1500, "", None, frozenset(), None, None, None, None, True)
CART = [CartLine(FLOOR, 4200), CartLine(FLOOR, 4200), CartLine(BALCONY, 5800)]


def ask(
    promotion: PromotionFacts | None, lines: list[CartLine] | None = None, **changes: Any
) -> Quote | Rejection:
    """Quote the usual cart."""
    facts: dict[str, Any] = {
        "now": NOW,
        "uses": 0,
        "email_uses": 0,
        "event_id": 7,
        "currency": "USD",
    } | changes
    return quote(promotion, CART if lines is None else lines, **facts)


def test_a_percentage_is_split_by_list_price_when_it_is_for_everything() -> None:
    assert ask(FIFTEEN) == Quote((630, 630, 870))


def test_only_matching_lines_are_lowered_when_the_code_is_for_some_ticket_types() -> None:
    assert ask(replace(FIFTEEN, ticket_type_ids=frozenset({BALCONY}))) == Quote((0, 0, 870))


def test_a_fixed_amount_is_shared_and_never_more_than_the_price_when_it_is_large() -> None:
    ten = replace(FIFTEEN, kind=PromotionKind.FIXED, value=1000, currency="USD")
    assert ask(ten) == Quote((296, 296, 408))
    assert ask(replace(ten, value=99_999)) == Quote((4200, 4200, 5800))


def test_the_remainder_goes_to_the_largest_fractions_when_shares_are_uneven() -> None:
    cent = replace(FIFTEEN, kind=PromotionKind.FIXED, value=100, currency="USD")
    assert ask(cent, [CartLine(FLOOR, 1000)] * 3) == Quote((34, 33, 33))


@pytest.mark.parametrize(
    ("promotion", "facts"),
    [
        (None, {}),
        (replace(FIFTEEN, active=False), {}),
        (replace(FIFTEEN, ends_at=NOW), {}),
        (replace(FIFTEEN, starts_at=NOW + timedelta(seconds=1)), {}),
        (replace(FIFTEEN, event_id=8), {}),
        (replace(FIFTEEN, max_uses=5), {"uses": 5}),
        (replace(FIFTEEN, max_uses_per_email=1), {"email_uses": 1}),
        (replace(FIFTEEN, kind=PromotionKind.FIXED, value=100, currency="EUR"), {}),
    ],
    ids=[
        "unknown",
        "inactive",
        "expired",
        "early",
        "other event",
        "used up",
        "used by buyer",
        "other currency",
    ],
)
def test_every_unusable_code_gets_the_same_answer(
    promotion: PromotionFacts | None, facts: dict[str, Any]
) -> None:
    assert ask(promotion, **facts) == INVALID
    assert INVALID.sentence == "This code is not valid for this event."


def test_a_code_in_its_window_and_limits_is_accepted_at_their_edges() -> None:
    edge = replace(
        FIFTEEN,
        starts_at=NOW,
        ends_at=NOW + timedelta(seconds=1),
        max_uses=2,
        max_uses_per_email=2,
        event_id=7,
    )
    assert isinstance(ask(edge, uses=1, email_uses=1), Quote)


def test_a_good_code_says_so_when_the_cart_gives_it_nothing_to_lower() -> None:
    scoped = ask(replace(FIFTEEN, ticket_type_ids=frozenset({9})))
    assert isinstance(scoped, Rejection)
    assert scoped.code == "promotion_other_tickets"
    free = ask(FIFTEEN, [CartLine(FLOOR, 0)])
    assert isinstance(free, Rejection)
    assert free.code == "promotion_not_needed"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("harbour15", "HARBOUR15"),
        ("  Crew-Guest ", "CREW-GUEST"),
        ("ＨＡＲＢＯＵＲ１５", "HARBOUR15"),
        ("", ""),
        ("two words", ""),
        ("x" * 500, ""),
        ("%", ""),
        (15, ""),
        (None, ""),
    ],
)
def test_a_typed_code_is_read_in_any_spelling(typed: object, read: str) -> None:
    assert normalise_code(typed) == read


def test_a_new_promotion_is_refused_when_code_value_or_limit_make_no_sense() -> None:
    assert check_code("spring 26".replace(" ", "-")) == "SPRING-26"
    for wrong in ("a", "has space", "emoji🎟"):
        with pytest.raises(BadInput):
            check_code(wrong)
    for value in (0, 10_001):
        with pytest.raises(BadInput):
            check_value(PromotionKind.PERCENT, value, "")
    for value in (0, -10, 15):
        with pytest.raises(BadInput):
            check_value(PromotionKind.FIXED, value, "KWD")
    assert check_limit(None, field="max_uses") is None
    with pytest.raises(BadInput):
        check_limit(0, field="max_uses")


@st.composite
def carts(draw: st.DrawFn) -> tuple[str, list[CartLine], PromotionFacts]:
    """Any currency, up to 50 tickets of three types, any percentage or amount, any scope."""
    code = draw(st.sampled_from(sorted(CURRENCIES)))
    step = CURRENCIES[code].step
    prices = st.integers(0, 500_000).map(lambda units: units * step)
    lines = draw(st.lists(st.builds(CartLine, st.integers(1, 3), prices), min_size=1, max_size=50))
    kind = draw(st.sampled_from(PromotionKind))
    value = draw(
        st.integers(1, 10_000)
        if kind == PromotionKind.PERCENT
        else st.integers(1, 9_999_999).map(lambda n: n * step)
    )
    scope = draw(st.frozensets(st.integers(1, 3)))
    facts = replace(FIFTEEN, kind=kind, value=value, currency=code, ticket_type_ids=scope)
    return code, lines, facts


@given(carts())
def test_splits_are_exact_whatever_the_cart(example: tuple[str, list[CartLine], PromotionFacts]) -> None:
    code, lines, facts = example
    answer = ask(facts, lines, currency=code)
    scope = facts.ticket_type_ids
    helped = sum(line.list_minor for line in lines if not scope or line.ticket_type_id in scope)
    if isinstance(answer, Rejection):
        assert answer.code in {"promotion_other_tickets", "promotion_not_needed"}
        return
    step = CURRENCIES[code].step
    assert 0 < answer.total <= helped
    if facts.kind == PromotionKind.FIXED:
        assert answer.total == min(facts.value, helped)
    else:
        assert abs(2 * (answer.total * 10_000 - helped * facts.value)) <= 10_000 * step
    for line, adjustment in zip(lines, answer.adjustments, strict=True):
        assert adjustment % step == 0
        assert 0 <= adjustment <= line.list_minor
        assert adjustment == 0 or not scope or line.ticket_type_id in scope
