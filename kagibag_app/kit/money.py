"""Exact money: integer minor units beside an ISO 4217 currency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kagibag_app.kit.errors import BadInput, CurrencyMismatch

_TWO_DIGITS = """
    AED ALL AUD BGN BRL CAD CHF CNY CZK DKK EGP EUR GBP HKD HUF IDR ILS INR KES MAD MXN MYR NOK NZD
    PEN PHP PLN RON RSD SAR SEK SGD THB TRY TWD UAH USD UYU ZAR
"""
_NO_DIGITS = "CLP ISK JPY KRW PYG UGX VND XAF XOF XPF"
_THREE_DIGITS = "BHD JOD KWD OMR TND"

_DECIMAL = re.compile(r"(\d{1,15})(?:\.(\d{1,3}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Currency:
    """A supported currency.

    Attributes:
        code: ISO 4217 code, upper case.
        exponent: Digits after the decimal point, as ISO says (not as a formatter or a processor says).
        step: Every price, discount, refund and split is a multiple of it, in minor units.
    """

    code: str
    exponent: int
    step: int


CURRENCIES: dict[str, Currency] = {
    **{code: Currency(code, 2, 1) for code in _TWO_DIGITS.split()},
    **{code: Currency(code, 0, 1) for code in _NO_DIGITS.split()},
    # Card networks settle three-decimal currencies in tens of the smallest unit.
    **{code: Currency(code, 3, 10) for code in _THREE_DIGITS.split()},
}


def currency(code: str) -> Currency:
    """Return the currency of that code.

    Raises:
        BadInput: The currency is not supported.
    """
    found = CURRENCIES.get(code)
    if found is None:
        raise BadInput(f"The currency {code[:8]!r} is not supported.", field="currency")
    return found


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency.

    Args:
        minor: Minor units (cents for USD, yen for JPY, fils for KWD). May be negative.
        currency: ISO 4217 code, upper case.
    """

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __str__(self) -> str:
        """Plain text for errors, logs and files: ``33.70 USD``."""
        return f"{decimal_text(self.minor, self.currency)} {self.currency}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor


def decimal_text(minor: int, code: str) -> str:
    """Return the amount as an exact decimal, e.g. ``-33.70``, ``6400`` (JPY), ``1.250`` (KWD)."""
    exponent = currency(code).exponent
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else sign + digits


def parse_decimal(text: str, code: str) -> int:
    """Read a typed amount such as ``33.70`` into minor units.

    Only plain digits with an optional point are accepted: no sign, exponent, separator, symbol or space.

    Raises:
        BadInput: Not such a number, more digits than the currency has, or no multiple of its step.
    """
    money = currency(code)
    match = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BadInput("Type the amount in digits, for example 12.50.", field="amount")
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > money.exponent:
        raise BadInput(f"{code} has {money.exponent} digits after the point.", field="amount")
    minor = int(whole + fraction.ljust(money.exponent, "0"))
    if minor % money.step:
        raise BadInput(f"Amounts in {code} end in 0.", field="amount")
    return minor


def split(amount: int, weights: Sequence[int], step: int = 1) -> tuple[int, ...]:
    """Share an amount by weight; the parts always sum to the whole.

    Largest remainder, ties to the earlier share. All zero weights share nothing but the first takes it.

    Args:
        amount: Minor units, >= 0, a multiple of ``step``.
        weights: One non-negative integer a share, at least one.
        step: Every share is a multiple of it.
    """
    if not weights or amount % step or amount < 0:
        raise ValueError("split needs weights and a non-negative multiple of the step")
    total = sum(weights)
    if total == 0:
        return (amount, *([0] * (len(weights) - 1)))
    units = amount // step
    floors = [units * w // total for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(units * weights[i] % total), i))
    for i in order[: units - sum(floors)]:
        floors[i] += 1
    return tuple(f * step for f in floors)


def percent_of(amount: int, basis_points: int, step: int = 1) -> int:
    """Return that share of an amount, rounded half up to a multiple of ``step``.

    Args:
        amount: Minor units, >= 0.
        basis_points: Hundredths of a percent: 1500 is 15 %.
        step: The currency's step.
    """
    numerator, denominator = amount * basis_points, 10_000 * step
    return (2 * numerator + denominator) // (2 * denominator) * step
