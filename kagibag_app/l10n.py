"""Money and times as people read them: in sentences, mails and on screens.

Babel knows the words, signs and separators of a locale. The number of decimal digits is never taken from it
but from ``kit.money``: CLDR rounds some currencies (RSD, ALL, IQD) to other digits than ISO 4217 has.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_datetime

from kagibag_app.kit.money import currency as currency_of

DEFAULT_LOCALE = "en"
MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"

# Between a code and its figures: "KWD 1.250" is read more easily than "KWD1.250" (CLDR: currencySpacing).
_BEFORE_DIGITS = re.compile(r"(?<=[A-Za-z])(?=\d)")
# A concert that ends after midnight still belongs to its evening: only longer spans name their last day.
_ONE_EVENING = timedelta(hours=12)


def money(minor: int, currency: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return an amount such as ``$33.70``, ``−¥6,400`` or, in German, ``33,70 €``.

    Args:
        minor: Minor units; a negative amount gets a true minus sign.
        currency: ISO 4217 code.
        locale: Language tag; English when it is unknown.

    Raises:
        BadInput: The currency is not supported.
    """
    shown = _amount(abs(minor), currency, locale)
    return MINUS + shown if minor < 0 else shown


@lru_cache(maxsize=4096)
def _amount(minor: int, currency: str, locale: str) -> str:
    """The same prices come again on every screen: Babel takes 30 microseconds for each."""
    known, exponent = _locale(locale), currency_of(currency).exponent
    pattern = copy(known.currency_formats["standard"])
    pattern.frac_prec = (exponent, exponent)
    amount = Decimal(minor).scaleb(-exponent)
    return _BEFORE_DIGITS.sub(
        "\N{NO-BREAK SPACE}", pattern.apply(amount, known, currency, currency_digits=False)
    )


def day(at: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return the local date, ``Fri 15 May 2026``."""
    return _written(at, zone, "EEE d MMM yyyy", locale)


def time(at: datetime, zone: str) -> str:
    """Return the local time, ``19:30``."""
    return f"{_local(at, zone):%H:%M}"


def time_named(at: datetime, zone: str) -> str:
    """Return the local time with its zone, ``19:30 EDT``: for a moment of today that somebody has to keep."""
    return f"{time(at, zone)} {zone_name(at, zone)}"


def moment(at: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return the exact time with its zone, ``2 Apr 2026, 20:14 EDT``."""
    return f"{_written(at, zone, 'd MMM yyyy, HH:mm', locale)} {zone_name(at, zone)}"


def day_time(at: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return a time of the near future or past, ``Fri 15 May, 18:30 EDT``."""
    return f"{_written(at, zone, 'EEE d MMM, HH:mm', locale)} {zone_name(at, zone)}"


def span(start: datetime, end: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return from when to when, ``Fri 15 May 2026, 19:30–23:00 EDT``; longer spans name both days."""
    return f"{day(start, zone, locale)}, {hours(start, end, zone, locale)}"


def hours(start: datetime, end: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return the part of ``span`` after the first day, ``19:30–23:00 EDT``."""
    if end - start <= _ONE_EVENING:
        return f"{time(start, zone)}{EN_DASH}{time(end, zone)} {zone_name(end, zone)}"
    return f"{time(start, zone)} {EN_DASH} {day(end, zone, locale)}, {time(end, zone)} {zone_name(end, zone)}"


def zone_name(at: datetime, zone: str) -> str:
    """Return the zone's short name at that moment, ``EDT``; ``UTC+03`` where the zone has none."""
    name = _local(at, zone).tzname() or "UTC"
    return f"UTC{name}".replace("-", MINUS) if name[0] in "+-" else name


def _written(at: datetime, zone: str, pattern: str, locale: str) -> str:
    return format_datetime(_local(at, zone), pattern, locale=_locale(locale))


def _local(at: datetime, zone: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a naive datetime can't be shown in a zone")
    return at.astimezone(ZoneInfo(zone))


@lru_cache(maxsize=64)
def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(DEFAULT_LOCALE)
