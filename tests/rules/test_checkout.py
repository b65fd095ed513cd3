"""What a cart may hold, who may buy it, and what can be charged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.checkout import rules
from kagibag_app.features.checkout.rules import Offer
from kagibag_app.features.events.rules import SaleState
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.kit.money import CURRENCIES, Money

FLOOR = Offer(1, "tt_floor", "General admission", 4200, 30, 10, SaleState.ON_SALE)
BALCONY = Offer(2, "tt_balcony", "Balcony seat", 5800, 9, 10, SaleState.ON_SALE)


@pytest.mark.parametrize(
    "wrong",
    [None, [], "2", 7, {"tt_floor": -1}, {"tt_floor": 1.0}, {"tt_floor": True}, {"tt_floor": "1"}, {1: 1},
     {"tt_floor": float("nan")}, {"tt_floor": None}, {f"tt_{i}": 0 for i in range(501)}],
    ids=repr,
)  # fmt: skip
def test_quantities_are_refused_when_they_are_no_whole_numbers(wrong: Any) -> None:
    with pytest.raises(BadInput) as caught:
        rules.read_quantities(wrong)
    assert caught.value.field == "quantities"


def test_the_cart_follows_the_page_and_leaves_zeros_out() -> None:
    wanted = rules.read_quantities({"tt_balcony": 1, "tt_floor": 2, "tt_other": 0})
    assert rules.fill_cart(wanted, [FLOOR, BALCONY]) == [(FLOOR, 2), (BALCONY, 1)]


@pytest.mark.parametrize(
    ("wanted", "offer", "code"),
    [
        ({}, FLOOR, "cart_empty"),
        ({"tt_elsewhere": 1}, FLOOR, "bad_input"),
        ({"tt_floor": 11}, FLOOR, "bad_input"),
        ({"tt_floor": 51}, replace(FLOOR, per_order_limit=100, left=100), "bad_input"),
        ({"tt_floor": 3}, replace(FLOOR, left=2), "sold_out"),
        ({"tt_floor": 1}, replace(FLOOR, left=0, sale=SaleState.SOLD_OUT), "sold_out"),
        ({"tt_floor": 1}, replace(FLOOR, sale=SaleState.NOT_YET), "not_on_sale"),
        ({"tt_floor": 1}, replace(FLOOR, sale=SaleState.CLOSED), "not_on_sale"),
    ],
)
def test_the_cart_is_refused_with_its_reason(wanted: dict[str, int], offer: Offer, code: str) -> None:
    with pytest.raises(DomainError) as caught:
        rules.fill_cart(wanted, [offer])
    assert caught.value.code == code


def test_an_event_that_does_not_sell_says_why() -> None:
    rules.check_event(SaleState.ON_SALE)
    with pytest.raises(DomainError, match="was cancelled"):
        rules.check_event(SaleState.CANCELLED)
    with pytest.raises(DomainError, match="have ended"):
        rules.check_event(SaleState.CLOSED)


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 200_000_000))
def test_a_total_is_accepted_when_it_is_free_or_chargeable(code: str, minor: int) -> None:
    chargeable = minor == 0 or rules.LEAST_CHARGE.get(code, 0) <= minor <= rules.MOST_BY_CURRENCY.get(
        code, rules.MOST_CHARGE
    )
    if chargeable:
        rules.check_total(Money(minor, code))
        return
    with pytest.raises(DomainError, match="Nothing was charged"):
        rules.check_total(Money(minor, code))


def test_least_charges_are_of_currencies_that_can_be_sold_in() -> None:
    assert set(rules.LEAST_CHARGE) <= set(CURRENCIES)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" maren.okafor@EXAMPLE.com ", "maren.okafor@example.com"),
        ("noor@haddad.example", "noor@haddad.example"),
        ("Grüße@bücher.de", "Grüße@bücher.de"),
        ("a+tickets@b.co", "a+tickets@b.co"),
    ],
)
def test_an_email_address_is_accepted_when_it_could_exist(typed: str, read: str) -> None:
    assert rules.read_email(typed) == read


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "the tickets go there"),
        ("maren", "looks like name@example.com"),
        ("@example.com", "looks like name@example.com"),
        ("maren@example", "after @ looks incomplete"),
        ("maren@example.", "after @ looks incomplete"),
        ("maren@@example.com", "has a mistake"),
        ("maren okafor@example.com", "has a mistake"),
        ("maren@exa_mple.com", "has a mistake"),
        ("maren@example.com\r\nBcc: a@b.co", "has a mistake"),
        ("x" * 300 + "@example.com", "At most 254 characters"),
        (7, "takes text"),
    ],
)
def test_an_email_address_is_refused_with_where_to_look(typed: Any, sentence: str) -> None:
    with pytest.raises(BadInput) as caught:
        rules.read_email(typed)
    assert caught.value.field == "email"
    assert sentence in caught.value.message


def test_a_name_is_one_clean_line() -> None:
    assert rules.read_name(" Maren\r\nOkafor\u202e ") == "Maren Okafor"
    for wrong in ("", " ", "\x00", "x" * 101, None):
        with pytest.raises(BadInput) as caught:
            rules.read_name(wrong)
        assert caught.value.field == "name"


def _digest(key: str = "key", **changes: Any) -> str | None:
    checkout: dict[str, Any] = {
        "slug": "a", "wanted": {"x": 1, "y": 2}, "name": "M", "email": "m@example.com", "code": "",
    }  # fmt: skip
    checkout.update(changes)
    return rules.request_digest(key, **checkout)


def test_a_digest_is_the_same_only_for_the_same_checkout() -> None:
    assert _digest() == _digest(wanted={"y": 2, "x": 1})
    assert _digest("") is None
    changed = [_digest(wanted={"x": 2}), _digest(email="n@example.com"), _digest(code="C"), _digest(slug="b")]
    assert len({_digest(), _digest("other"), _digest(name="N"), *changed}) == 7


@pytest.mark.parametrize(("code", "most"), [("UGX", 999_999), ("ISK", 999_999), ("JPY", 99_999_999)])
def test_a_total_of_more_digits_than_stripe_takes_is_refused_before_payment(code: str, most: int) -> None:
    rules.check_total(Money(most, code))
    with pytest.raises(DomainError) as refused:
        rules.check_total(Money(most + 1, code))
    assert refused.value.code == "above_maximum"
