"""Money and times as people read them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app import l10n
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import CURRENCIES

NEW_YORK = "America/New_York"
START = datetime(2026, 5, 15, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "shown"),
    [
        (3370, "USD", "en", "$33.70"),
        (-2130, "USD", "en", "−$21.30"),
        (6400, "JPY", "en", "¥6,400"),
        (1250, "KWD", "en", "KWD 1.250"),
        (0, "EUR", "en", "€0.00"),
        (123_456_789, "EUR", "de", "1.234.567,89 €"),
        (-3370, "USD", "de-DE", "−33,70 $"),
        (3370, "USD", "xx-unknown", "$33.70"),
        (3370, "USD", "", "$33.70"),
    ],
)
def test_money_is_written_as_its_locale_writes_it(minor: int, currency: str, locale: str, shown: str) -> None:
    assert l10n.money(minor, currency, locale).replace("\xa0", " ") == shown


@pytest.mark.parametrize("currency", ["RSD", "ALL", "HUF", "TWD", "PKR", "ISK", "UGX", "OMR"])
def test_money_keeps_iso_digits_when_cldr_has_others(currency: str) -> None:
    if currency not in CURRENCIES:
        with pytest.raises(BadInput):
            l10n.money(1, currency)
        return
    exponent = CURRENCIES[currency].exponent
    _, point, fraction = l10n.money(1_234_560, currency).partition(".")
    assert len(fraction) == exponent
    assert bool(point) is bool(exponent)


@given(st.integers(min_value=-(10**13), max_value=10**13), st.sampled_from(sorted(CURRENCIES)))
def test_money_shows_every_digit_of_any_amount(minor: int, currency: str) -> None:
    shown = l10n.money(minor, currency)
    assert int("".join(c for c in shown if c.isdigit())) == abs(minor)
    assert shown.startswith("−") is (minor < 0)


def test_times_are_shown_in_the_zone_asked_for() -> None:
    assert l10n.day(START, NEW_YORK) == "Fri 15 May 2026"
    assert l10n.time(START, NEW_YORK) == "19:30"
    assert l10n.moment(datetime(2026, 4, 3, 0, 14, tzinfo=UTC), NEW_YORK) == "2 Apr 2026, 20:14 EDT"
    assert l10n.day_time(datetime(2026, 5, 15, 22, 30, tzinfo=UTC), NEW_YORK) == "Fri 15 May, 18:30 EDT"
    assert l10n.moment(datetime(2026, 1, 3, 0, 14, tzinfo=UTC), NEW_YORK) == "2 Jan 2026, 19:14 EST"


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (datetime(2026, 5, 16, 3, 0, tzinfo=UTC), "Fri 15 May 2026, 19:30–23:00 EDT"),
        (datetime(2026, 5, 16, 5, 0, tzinfo=UTC), "Fri 15 May 2026, 19:30–01:00 EDT"),
        (datetime(2026, 5, 17, 22, 0, tzinfo=UTC), "Fri 15 May 2026, 19:30 – Sun 17 May 2026, 18:00 EDT"),
    ],
)
def test_span_names_the_last_day_when_it_is_not_the_same_evening(end: datetime, shown: str) -> None:
    assert l10n.span(START, end, NEW_YORK) == shown


@pytest.mark.parametrize(
    ("zone", "name"),
    [("UTC", "UTC"), ("Asia/Dubai", "UTC+04"), ("America/Sao_Paulo", "UTC−03"), ("Asia/Tokyo", "JST")],
)
def test_zone_has_a_readable_name_when_it_has_no_abbreviation(zone: str, name: str) -> None:
    assert l10n.zone_name(START, zone) == name


def test_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        l10n.day(datetime(2026, 5, 15), "UTC")  # noqa: DTZ001 - the point of the test
