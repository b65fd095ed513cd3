"""What a cart costs, for display and for the one who places the order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.checkout import rules
from kagibag_app.features.checkout.rules import Offer
from kagibag_app.features.checkout.views import CartLineView, CartQuote
from kagibag_app.features.events.queries import event_row_by_slug, ticket_types_of
from kagibag_app.features.events.rules import EventStatus, SaleState, event_sale, type_sale
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders.rules import email_key
from kagibag_app.features.promotions import queries as promotions
from kagibag_app.features.promotions.rules import INVALID, CartLine, Quote, Rejection, quote
from kagibag_app.features.promotions.tables import Promotion
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.kit.money import Money

Cart = list[tuple[Offer, int]]


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A cart ticket by ticket: each one's offer and discount, in the cart's order.

    Attributes:
        refusal: Why the code takes nothing off; ``None`` when it does or there is none.
    """

    tickets: list[Offer]
    discounts: tuple[int, ...]
    refusal: Rejection | None

    @property
    def subtotal(self) -> int:
        """Sum of list prices, minor units."""
        return sum(offer.price_minor for offer in self.tickets)

    @property
    def discount(self) -> int:
        """Sum of discounts, minor units."""
        return sum(self.discounts)

    @property
    def total(self) -> int:
        """What is to be paid, minor units."""
        return self.subtotal - self.discount


async def quote_cart(
    session: AsyncSession, slug: object, quantities: object, *, code: str = "", email: str = "", now: datetime
) -> CartQuote:
    """Return what a cart costs now, with what is wrong with it as sentences instead of errors.

    Args:
        slug: The event's address.
        quantities: Ticket type public id to a whole number, as the browser sent it.
        code: As typed; empty: none.
        email: As typed; it counts for a limit per buyer alone and may be unfinished.

    Raises:
        NotFound: There is no such event.
    """
    event = await event_row_by_slug(session, slug)
    if event is None:
        raise NotFound("event")
    found = offers(event, await ticket_types_of(session, event.id), now)
    try:
        rules.check_event(event_sale(EventStatus(event.status), event.ends_at, now))
        cart = rules.fill_cart(rules.read_quantities(quantities), found)
        typed = rules.read_code(code)
    except DomainError as error:
        return CartQuote(event.currency, problem=error.message, problem_code=error.code)
    promotion = await promotions.promotion_by_code(session, event.organizer_id, typed)
    priced = await price(session, event, cart, promotion, wanted=bool(typed), email=email, now=now)
    return _shown(event.currency, cart, priced, promotion)


def offers(event: Event, types: Sequence[TicketType], now: datetime) -> list[Offer]:
    """Return an event's ticket types as a cart meets them."""
    sells = event_sale(EventStatus(event.status), event.ends_at, now)
    return [_offer(row, row.capacity - row.sold - row.held, sells, now) for row in types]


async def price(
    session: AsyncSession,
    event: Event,
    cart: Cart,
    promotion: Promotion | None,
    *,
    wanted: bool,
    email: str,
    now: datetime,
) -> PricedCart:
    """Price a cart ticket by ticket.

    Args:
        promotion: What the typed code names; ``None`` when it names nothing.
        wanted: Whether a code was typed at all.
    """
    tickets = [offer for offer, count in cart for _ in range(count)]
    nothing = (0,) * len(tickets)
    if not wanted:
        return PricedCart(tickets, nothing, None)
    if promotion is None:
        return PricedCart(tickets, nothing, INVALID)
    answer = quote(
        promotions.facts(promotion),
        [CartLine(offer.id, offer.price_minor) for offer in tickets],
        now=now,
        uses=promotion.uses,
        email_uses=await promotions.uses_by_email(
            session, event.organizer_id, promotion.id, email_key(email)
        ),
        event_id=event.id,
        currency=event.currency,
    )
    if isinstance(answer, Quote):
        return PricedCart(tickets, answer.adjustments, None)
    return PricedCart(tickets, nothing, answer)


def _offer(row: TicketType, left: int, sells: SaleState, now: datetime) -> Offer:
    sale = type_sale(sells, sales_start=row.sales_start, sales_end=row.sales_end, left=left, now=now)
    return Offer(row.id, row.public_id, row.name, row.price_minor, left, row.per_order_limit, sale)


def _shown(currency: str, cart: Cart, priced: PricedCart, promotion: Promotion | None) -> CartQuote:
    problem = _problem(Money(priced.total, currency))
    applied = promotion if promotion is not None and priced.discount else None
    return CartQuote(
        currency=currency,
        lines=[
            CartLineView(offer.public_id, offer.name, count, offer.price_minor, offer.price_minor * count)
            for offer, count in cart
        ],
        tickets=len(priced.tickets),
        subtotal_minor=priced.subtotal,
        discount_minor=priced.discount,
        total_minor=priced.total,
        code=applied.code if applied else "",
        code_kind=applied.kind if applied else "",
        code_value=applied.value if applied else 0,
        code_problem=priced.refusal.sentence if priced.refusal else "",
        problem=problem.message if problem else "",
        problem_code=problem.code if problem else "",
        free=priced.total == 0,
    )


def _problem(total: Money) -> DomainError | None:
    try:
        rules.check_total(total)
    except DomainError as error:
        return error
    return None
