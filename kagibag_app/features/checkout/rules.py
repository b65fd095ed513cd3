"""What a cart may hold, what it may cost, and whether it can be paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from kagibag_app.features.events.rules import SaleState, sold_out_sentence
from kagibag_app.features.orders.rules import read_email as read_email
from kagibag_app.features.promotions.rules import CODE_LIMIT
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.kit.money import Money
from kagibag_app.kit.text import one_line

MAX_TICKETS = 50
MOST_TYPES = 500
NAME_LIMIT = 100

# The least that can be charged, in our minor units; of other currencies Stripe decides by what they settle in.
# Source: docs.stripe.com/currencies, "Minimum and maximum charge amounts".
LEAST_CHARGE: dict[str, int] = {
    "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50,
    "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
MOST_CHARGE = 99_999_999
# Stripe counts these in hundredths, so that its eight digits hold less.
MOST_BY_CURRENCY = {"ISK": 999_999, "UGX": 999_999}


@dataclass(frozen=True, slots=True)
class Offer:
    """A ticket type as a cart meets it.

    Attributes:
        public_id: What the browser calls it.
        price_minor: Minor units of the event's currency.
        left: Tickets neither sold nor held.
        sale: Whether it can be bought now.
    """

    id: int
    public_id: str
    name: str
    price_minor: int
    left: int
    per_order_limit: int
    sale: SaleState


_NOT_ON_SALE = {
    SaleState.NOT_YET: "is not on sale yet",
    SaleState.CLOSED: "is no longer on sale",
    SaleState.CANCELLED: "is no longer on sale",
}


def check_event(sale: SaleState) -> None:
    """Accept an event that sells.

    Raises:
        DomainError: ``event_not_on_sale``.
    """
    if sale == SaleState.CANCELLED:
        raise DomainError("This event was cancelled. Nothing was charged.", code="event_not_on_sale")
    if sale != SaleState.ON_SALE:
        raise DomainError(
            "Ticket sales for this event have ended. Nothing was charged.", code="event_not_on_sale"
        )


def read_quantities(quantities: object) -> dict[str, int]:
    """Read the quantities that a browser sent: ticket type public id to a whole number; zeros are left out.

    Raises:
        BadInput: It is something else.
    """
    if not isinstance(quantities, Mapping) or len(quantities) > MOST_TYPES:
        raise BadInput("Choose the tickets on this page.", field="quantities")
    if any(type(key) is not str or type(count) is not int or count < 0 for key, count in quantities.items()):
        raise BadInput("Choose a whole number of tickets, zero or more.", field="quantities")
    return {key: count for key, count in quantities.items() if count}


def fill_cart(wanted: Mapping[str, int], offers: Sequence[Offer]) -> list[tuple[Offer, int]]:
    """Return what is wanted of each offer, in the offers' order.

    Raises:
        BadInput: A ticket type of another event, more than an order may hold, or no ticket at all.
        DomainError: ``sold_out`` or ``not_on_sale``; the sentence names the ticket type.
    """
    if not wanted.keys() <= {offer.public_id for offer in offers}:
        raise BadInput("Choose the tickets on this page.", field="quantities")
    cart = [(offer, wanted[offer.public_id]) for offer in offers if offer.public_id in wanted]
    for offer, count in cart:
        _check_offer(offer, count)
    total = sum(count for _, count in cart)
    if total == 0:
        raise BadInput("Choose at least one ticket.", field="quantities", code="cart_empty")
    if total > MAX_TICKETS:
        raise BadInput(f"One order holds at most {MAX_TICKETS} tickets.", field="quantities")
    return cart


def check_total(total: Money) -> None:
    """Accept a total that is free or can be charged.

    Raises:
        DomainError: ``below_minimum`` or ``above_maximum``; nothing was charged.
    """
    least = LEAST_CHARGE.get(total.currency, 0)
    if 0 < total.minor < least:
        raise DomainError(
            f"A card payment must be at least {Money(least, total.currency)}; this order comes to {total}. "
            "Nothing was charged. Add a ticket, or leave the discount code out.",
            code="below_minimum",
        )
    if total.minor > MOST_BY_CURRENCY.get(total.currency, MOST_CHARGE):
        raise DomainError(
            f"{total} is more than one card payment can take. Nothing was charged. Please split the order.",
            code="above_maximum",
        )


def read_name(text: object) -> str:
    """Return the buyer's name.

    Raises:
        BadInput: Empty, too long, or not text; ``field`` is ``name``.
    """
    name = one_line(text, field="name", limit=NAME_LIMIT, required=False)
    if not name:
        raise BadInput("Type the name for the tickets.", field="name")
    return name


def read_code(text: object) -> str:
    """Return a typed discount code as one clean line; empty when there is none.

    Raises:
        BadInput: Not text, or longer than any code; ``field`` is ``code``.
    """
    return one_line(text, field="code", limit=2 * CODE_LIMIT, required=False)


def request_digest(
    request_key: str, *, slug: str, wanted: Mapping[str, int], name: str, email: str, code: str
) -> str | None:
    """Return what makes the same checkout, sent twice, one order; ``None`` without a key.

    The cart and the buyer are part of it: a changed cart is another order, and a key that leaked opens nobody
    else's.
    """
    if not request_key:
        return None
    return sha256(repr((request_key, slug, sorted(wanted.items()), name, email, code)).encode()).hexdigest()


def _check_offer(offer: Offer, count: int) -> None:
    if offer.sale in _NOT_ON_SALE:
        raise DomainError(
            f"{offer.name} {_NOT_ON_SALE[offer.sale]}. Nothing was charged.", code="not_on_sale"
        )
    if count > offer.per_order_limit:
        raise BadInput(f"One order holds at most {offer.per_order_limit} × {offer.name}.", field="quantities")
    if count > offer.left:
        raise DomainError(sold_out_sentence(offer.name, offer.left), code="sold_out")
