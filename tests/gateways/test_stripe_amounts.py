"""What Stripe is sent for an amount, and what is read back."""

from __future__ import annotations

import pytest

from kagibag_app.gateways.stripe_api.amounts import from_stripe, to_stripe
from kagibag_app.gateways.stripe_api.requests import statement_suffix
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import CURRENCIES

# Source: docs.stripe.com/currencies, typed in anew so that a slip in the product's table shows.
AT_STRIPE = {
    **dict.fromkeys(["CLP", "JPY", "KRW", "PYG", "VND", "XAF", "XOF", "XPF"], (5000, 5000)),
    **dict.fromkeys(["ISK", "UGX"], (5000, 500_000)),
    **dict.fromkeys(["BHD", "JOD", "KWD", "OMR", "TND"], (12_340, 12_340)),
}


@pytest.mark.parametrize("currency", sorted(CURRENCIES))
def test_stripe_gets_the_amount_it_expects(currency: str) -> None:
    minor, expected = AT_STRIPE.get(currency, (1234, 1234))
    assert to_stripe(minor, currency) == expected
    assert from_stripe(expected, currency.lower()) == minor
    assert from_stripe(-expected, currency) == -minor
    assert to_stripe(0, currency) == 0


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_a_three_decimal_amount_is_refused_when_it_does_not_end_in_zero(currency: str) -> None:
    with pytest.raises(ValueError, match="step"):
        to_stripe(12_345, currency)


def test_a_currency_is_refused_when_nothing_is_sold_in_it() -> None:
    with pytest.raises(BadInput):
        to_stripe(100, "MGA")


def test_hundredths_of_a_fee_are_rounded_where_the_currency_has_none() -> None:
    assert [from_stripe(amount, "ISK") for amount in (149, 150, -149, -150)] == [1, 2, -1, -1]


def test_a_settlement_currency_we_do_not_sell_in_is_taken_as_it_is() -> None:
    assert from_stripe(123, "xyz") == 123


@pytest.mark.parametrize(
    ("title", "suffix"),
    [
        ("Night Harbour Sessions", "Night Harbour Sessions"),
        ("Lumière d'été — soirée *spéciale*", "Lumiere d ete soiree s"),
        ("Rock'n'Roll <live> \"2026\"", "Rock n Roll live 2026"),
        ("東京の夜", ""),
        ("2026", ""),
        ("", ""),
    ],
)
def test_a_statement_shows_latin_letters_only(title: str, suffix: str) -> None:
    assert statement_suffix(title) == suffix
    assert len(suffix) <= 22
