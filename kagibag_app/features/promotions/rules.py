"""Discount codes: how they are read, whom they help, and what they take off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import currency as supported_currency
from kagibag_app.kit.money import percent_of, split

CODE_LIMIT = 40
WHOLE = 10_000

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,39}", re.ASCII)


class PromotionKind(StrEnum):
    """How a promotion lowers the price: basis points of it, or an amount off the order."""

    PERCENT = "percent"
    FIXED = "fixed"


class UseState(StrEnum):
    """What became of one use: held with an open order, counted with a paid one, given back."""

    HELD = "held"
    USED = "used"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class PromotionFacts:
    """What a quote needs to know of a promotion.

    Attributes:
        value: Basis points (1500 is 15 %) or minor units of ``currency``.
        event_id: The one event it is for; ``None``: all of the organizer's.
        ticket_type_ids: The ticket types it is for; empty: all.
        starts_at: First moment, UTC; ``None``: no beginning.
        ends_at: First moment after its window, UTC; ``None``: no end.
        max_uses: How many orders may use it; ``None``: any number. ``max_uses_per_email`` alike, per buyer.
    """

    kind: PromotionKind
    value: int
    currency: str
    event_id: int | None
    ticket_type_ids: frozenset[int]
    starts_at: datetime | None
    ends_at: datetime | None
    max_uses: int | None
    max_uses_per_email: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class CartLine:
    """One ticket in a cart: its type and its list price in minor units."""

    ticket_type_id: int
    list_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a code takes off each line, in minor units and in the order of the lines."""

    adjustments: tuple[int, ...]

    @property
    def total(self) -> int:
        """The whole discount in minor units."""
        return sum(self.adjustments)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a code takes nothing off: a sentence for the buyer and a stable name."""

    sentence: str
    code: str


# One answer for codes that don't exist, are switched off, over, or used up: guessing teaches nothing.
INVALID = Rejection("This code is not valid for this event.", "promotion_invalid")
OTHER_TICKETS = Rejection("This code is for other tickets than those you chose.", "promotion_other_tickets")
NOTHING_TO_LOWER = Rejection(
    "These tickets are free already, so the code is not needed.", "promotion_not_needed"
)


def quote(
    promotion: PromotionFacts | None,
    lines: Sequence[CartLine],
    *,
    now: datetime,
    uses: int,
    email_uses: int,
    event_id: int,
    currency: str,
) -> Quote | Rejection:
    """Work out what a code takes off a cart.

    The discount is a multiple of the currency's step, shared over the lines it is for by largest remainder
    of their list prices, and never more than they cost.

    Args:
        promotion: The organizer's promotion of that code; ``None`` when there is none.
        uses: Orders that use it already, held ones included; ``email_uses`` those of this buyer.
        event_id: The event being sold.
        currency: The event's currency.
    """
    if promotion is None or not _usable(promotion, now, event_id, currency):
        return INVALID
    if _reached(promotion.max_uses, uses) or _reached(promotion.max_uses_per_email, email_uses):
        return INVALID
    scope = promotion.ticket_type_ids
    helped = [i for i, line in enumerate(lines) if not scope or line.ticket_type_id in scope]
    if not helped:
        return OTHER_TICKETS
    prices = [lines[i].list_minor for i in helped]
    discount = _discount(promotion, sum(prices), supported_currency(currency).step)
    if discount == 0:
        return NOTHING_TO_LOWER
    adjustments = [0] * len(lines)
    for i, share in zip(helped, split(discount, prices, supported_currency(currency).step), strict=True):
        adjustments[i] = share
    return Quote(tuple(adjustments))


def normalise_code(text: object) -> str:
    """Read a typed code: any case, full-width letters, surrounding spaces. Empty when it can't be one."""
    if not isinstance(text, str) or len(text) > 4 * CODE_LIMIT:
        return ""
    code = unicodedata.normalize("NFKC", text).strip().casefold().upper()
    return code if _CODE.fullmatch(code) else ""


def check_code(text: object) -> str:
    """Return a new promotion's code.

    Raises:
        BadInput: Not 2 to 40 letters, digits, dashes and underscores.
    """
    code = normalise_code(text)
    if not code:
        raise BadInput("A code has 2 to 40 letters, digits, dashes or underscores.", field="code")
    return code


def check_value(kind: PromotionKind, value: int, currency: str) -> int:
    """Return a promotion's value: 1 to 10,000 basis points, or a positive multiple of the currency's step.

    Raises:
        BadInput: It is neither.
    """
    if kind == PromotionKind.PERCENT:
        if not 1 <= value <= WHOLE:
            raise BadInput("A percentage lies between 0.01 and 100.", field="value")
    elif value <= 0 or value % supported_currency(currency).step:
        raise BadInput("Type an amount above zero that the currency can express.", field="value")
    return value


def check_limit(limit: int | None, *, field: str) -> int | None:
    """Return a limit of uses; ``None`` is no limit.

    Raises:
        BadInput: Below 1.
    """
    if limit is not None and limit < 1:
        raise BadInput("A limit is 1 or more; leave it empty for none.", field=field)
    return limit


def _usable(promotion: PromotionFacts, now: datetime, event_id: int, currency: str) -> bool:
    return (
        promotion.active
        and (promotion.starts_at is None or promotion.starts_at <= now)
        and (promotion.ends_at is None or now < promotion.ends_at)
        and promotion.event_id in (None, event_id)
        and (promotion.kind == PromotionKind.PERCENT or promotion.currency == currency)
    )


def _reached(limit: int | None, count: int) -> bool:
    return limit is not None and count >= limit


def _discount(promotion: PromotionFacts, price: int, step: int) -> int:
    if promotion.kind == PromotionKind.PERCENT:
        return percent_of(price, promotion.value, step)
    return min(promotion.value, price)
