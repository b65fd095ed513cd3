"""Money is exact: parsing refuses what is not a plain amount, sharing loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.kit.errors import BadInput, CurrencyMismatch
from kagibag_app.kit.money import CURRENCIES, Money, currency, decimal_text, parse_decimal, percent_of, split

AMOUNTS = st.integers(0, 10**12)
STEPS = st.sampled_from([1, 10])


@pytest.mark.parametrize(
    ("code", "exponent", "step"),
    [("USD", 2, 1), ("EUR", 2, 1), ("JPY", 0, 1), ("XAF", 0, 1), ("KWD", 3, 10), ("TND", 3, 10)],
)
def test_a_currency_has_the_digits_that_iso_gives_it(code: str, exponent: int, step: int) -> None:
    assert (currency(code).exponent, currency(code).step) == (exponent, step)


@pytest.mark.parametrize("code", ["RSD", "ALL", "ISK", "UGX", "IDR", "HUF"])
def test_digits_follow_iso_where_formatters_and_processors_differ(code: str) -> None:
    assert currency(code).exponent == {"ISK": 0, "UGX": 0}.get(code, 2)


@pytest.mark.parametrize("code", ["usd", "XXX", "", "US", "BTC", "USD " * 1000])
def test_an_unknown_currency_is_refused_in_few_words(code: str) -> None:
    with pytest.raises(BadInput) as refused:
        currency(code)
    assert len(refused.value.message) < 80


@pytest.mark.parametrize(
    ("text", "code", "minor"),
    [
        ("33.70", "USD", 3370), ("33.7", "USD", 3370), ("33", "USD", 3300), ("0", "USD", 0), ("007", "USD", 700),
        ("6400", "JPY", 6400), ("1.250", "KWD", 1250), ("1.25", "KWD", 1250), ("9" * 15, "USD", int("9" * 15) * 100),
    ],
)  # fmt: skip
def test_a_plain_amount_is_read_exactly(text: str, code: str, minor: int) -> None:
    assert parse_decimal(text, code) == minor


@pytest.mark.parametrize(
    "text",
    [
        "1e3", "-1", "+1", "", " 1", "1 ", "1\n", "1.234", "1.", ".5", "1,50", "1.000,00", "1_000", "$1", "NaN",
        "inf", "0x10", "1.2.3", "１２", "١٢", "1\u00a0000", "9" * 16, "1e400", "1\x00",
    ],
)  # fmt: skip
def test_anything_but_a_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_decimal(text, "USD")
    assert refused.value.field == "amount"


@pytest.mark.parametrize("value", [None, 12, 12.5, True, ["1"], {"minor": 1}, b"1"])
def test_an_amount_that_is_not_text_is_refused(value: object) -> None:
    with pytest.raises(BadInput):
        parse_decimal(value, "USD")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("text", "code"), [("1.5", "JPY"), ("1.255", "KWD"), ("1.2345", "KWD")])
def test_more_digits_than_the_currency_has_or_off_its_step_are_refused(text: str, code: str) -> None:
    with pytest.raises(BadInput):
        parse_decimal(text, code)


@given(st.integers(0, 10**14), st.sampled_from(sorted(CURRENCIES)))
def test_a_written_amount_is_read_back_the_same(units: int, code: str) -> None:
    minor = units * currency(code).step
    assert parse_decimal(decimal_text(minor, code), code) == minor
    assert decimal_text(-minor, code) == ("-" if minor else "") + decimal_text(minor, code)


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=30), STEPS)
def test_shares_sum_to_the_whole_and_stay_within_one_step_of_exact(
    units: int, weights: list[int], step: int
) -> None:
    amount = units * step
    shares = split(amount, weights, step)
    assert sum(shares) == amount
    assert all(share >= 0 and share % step == 0 for share in shares)
    total = sum(weights)
    if total:
        assert all(abs(s * total - amount * w) < step * total for s, w in zip(shares, weights, strict=True))


@given(AMOUNTS, st.lists(st.integers(1, 1000), min_size=2, max_size=10))
def test_a_heavier_share_is_never_smaller(amount: int, weights: list[int]) -> None:
    shares = split(amount, weights)
    ordered = sorted(zip(weights, shares, strict=True))
    assert all(a[1] <= b[1] for a, b in pairwise(ordered) if a[0] < b[0])


def test_ties_go_to_the_earlier_share_and_no_weight_at_all_to_the_first() -> None:
    assert split(100, [1, 1, 1]) == (34, 33, 33)
    assert split(100, [0, 0]) == (100, 0)
    assert split(30, [1, 1], step=10) == (20, 10)


@pytest.mark.parametrize(("amount", "weights", "step"), [(5, [], 1), (-1, [1], 1), (15, [1, 1], 10)])
def test_what_cannot_be_shared_is_an_error(amount: int, weights: list[int], step: int) -> None:
    with pytest.raises(ValueError, match="split needs"):
        split(amount, weights, step)


@given(AMOUNTS, st.integers(0, 10_000), STEPS)
def test_a_percentage_is_rounded_half_up_to_the_step(units: int, basis_points: int, step: int) -> None:
    amount = units * step
    part = percent_of(amount, basis_points, step)
    assert 0 <= part <= amount
    assert part % step == 0
    assert -step * 10_000 < 2 * (part * 10_000 - amount * basis_points) <= step * 10_000


def test_known_percentages() -> None:
    assert percent_of(4200, 1500) == 630
    assert percent_of(50, 5000 + 5000) == 50
    assert (percent_of(1, 5000), percent_of(1, 4999)) == (1, 0)
    assert percent_of(1250, 1000, 10) == 130


def test_amounts_of_one_currency_add_and_compare() -> None:
    total = Money(3370, "USD") + Money(30, "USD") - Money(400, "USD")
    assert (total, -total, str(-total)) == (Money(3000, "USD"), Money(-3000, "USD"), "-30.00 USD")
    assert Money(1, "USD") < Money(2, "USD") <= Money(2, "USD")


@pytest.mark.parametrize("act", [Money.__add__, Money.__sub__, Money.__lt__, Money.__le__])
def test_amounts_of_two_currencies_never_meet(act: Callable[[Money, Money], object]) -> None:
    with pytest.raises(CurrencyMismatch):
        act(Money(1, "USD"), Money(1, "EUR"))
