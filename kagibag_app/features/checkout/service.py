"""Turns a filled cart into an order: seats held, code used, payment opened or, when it is free, completed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.checkout import rules
from kagibag_app.features.checkout.queries import PricedCart, offers, price
from kagibag_app.features.checkout.views import PlacedOrder
from kagibag_app.features.events import service as events
from kagibag_app.features.events.queries import event_row_by_slug, ticket_types_of
from kagibag_app.features.events.rules import EventStatus, event_sale
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import queries as order_reads
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import HOLD, AppliedCode, NewLine, OrderSource, OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.promotions import service as promotions
from kagibag_app.features.promotions.tables import Promotion
from kagibag_app.kit.actor import Actor, attendee
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.kit.money import Money
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction

_MADE_UP = "This event and its buyers were made up to try the product with. Its tickets can't be bought; nothing was charged."
_GONE = frozenset({OrderStatus.EXPIRED, OrderStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class _Buyer:
    """Who buys, checked."""

    name: str
    email: str
    locale: str


async def place_order(
    tx: Transaction,
    *,
    event_slug: str,
    quantities: Mapping[str, int],
    buyer_name: str,
    buyer_email: str,
    code: str = "",
    locale: str = "en",
    platform_account: str,
    request_key: str = "",
) -> PlacedOrder:
    """Place the order of somebody without an account, who is its buyer and the one who acts.

    A free order is paid when this returns; any other is pending until its payment arrives. The same
    ``request_key`` with the same cart and buyer returns the order that was placed before.

    Args:
        event_slug: The event's address.
        quantities: Ticket type public id to a whole number, as the browser sent it.
        buyer_name: As typed, like ``buyer_email`` and ``code`` (empty: none).
        locale: Language of mails and payment page.
        platform_account: Takes the money of an organizer without an account; empty when it may not.
        request_key: Random and kept on the server; one per visit of the page.

    Raises:
        NotFound: There is no such event.
        BadInput: A field can't be used; ``field`` is ``quantities``, ``name``, ``email`` or ``code``.
        DomainError: ``event_not_on_sale``, ``not_on_sale``, ``sold_out``, ``below_minimum``,
            ``above_maximum``, ``payments_unavailable``, ``checkout_over`` or ``synthetic_data``.
    """
    wanted, typed = rules.read_quantities(quantities), rules.read_code(code)
    buyer = _Buyer(rules.read_name(buyer_name), rules.read_email(buyer_email), locale)
    digest = rules.request_digest(
        request_key, slug=event_slug, wanted=wanted, name=buyer.name, email=buyer.email, code=typed
    )
    event, types = await _lock_event(tx, event_slug)
    before = await _placed_before(tx, digest)
    if before is not None:
        return before
    rules.check_event(event_sale(EventStatus(event.status), event.ends_at, tx.now))
    cart = rules.fill_cart(wanted, offers(event, types, tx.now))
    promotion = await promotions.lock_by_code(tx, organizer_id=event.organizer_id, code=typed)
    priced = await price(
        tx.session, event, cart, promotion, wanted=bool(typed), email=buyer.email, now=tx.now
    )
    if priced.refusal is not None:
        raise BadInput(priced.refusal.sentence, field="code", code=priced.refusal.code)
    rules.check_total(Money(priced.total, event.currency))
    return await _place(tx, event, buyer, priced, promotion, digest, platform_account)


async def retry_payment(
    tx: Transaction, actor: Actor, *, order_public_id: str, platform_account: str
) -> PlacedOrder:
    """Open another payment for an order whose payment failed: seats and code use are held again.

    That the actor may act on the order (its access link) was checked before.

    Raises:
        NotFound: There is no such order.
        DomainError: ``not_retryable``, ``event_not_on_sale``, ``sold_out``, ``payments_unavailable``,
            ``synthetic_data``, or ``promotion_invalid`` when the code was used up meanwhile.
    """
    found = await order_reads.order_by_public_id(tx.session, order_public_id)
    if found is None:
        raise NotFound("order")
    await require_real(tx, found.organizer_id, sentence=_MADE_UP)
    order = await orders.lock(tx, found.id)
    if order.status != OrderStatus.PAYMENT_FAILED:
        raise DomainError(
            "This order is not waiting for another payment. Reload the page to see where it stands.",
            code="not_retryable",
        )
    event = await tx.session.get_one(Event, order.event_id)
    rules.check_event(event_sale(EventStatus(event.status), event.ends_at, tx.now))
    await orders.hold_again(tx, actor, order)
    account = await _account(tx, order.organizer_id, platform_account)
    await payments.open_for_order(tx, actor, order=order, account=account)
    return _answer(order)


async def _lock_event(tx: Transaction, slug: str) -> tuple[Event, list[TicketType]]:
    event = await event_row_by_slug(tx.session, slug)
    if event is None:
        raise NotFound("event")
    await require_real(tx, event.organizer_id, sentence=_MADE_UP)
    types = await ticket_types_of(tx.session, event.id)
    await events.lock_ticket_types(tx, [row.id for row in types])
    return event, types


async def _placed_before(tx: Transaction, digest: str | None) -> PlacedOrder | None:
    # Asked under the lock of the ticket types, so that of two clicks at once the second finds the first.
    order = None if digest is None else await order_reads.order_by_request_key(tx.session, digest)
    if order is None:
        return None
    if order.status in _GONE:
        raise DomainError(
            "The time to pay for these tickets is over. Nothing was charged. Reload the page to start again.",
            code="checkout_over",
        )
    return _answer(order)


async def _place(
    tx: Transaction,
    event: Event,
    buyer: _Buyer,
    priced: PricedCart,
    promotion: Promotion | None,
    digest: str | None,
    platform_account: str,
) -> PlacedOrder:
    actor = attendee(event.organizer_id, buyer.name)
    free = priced.total == 0
    account = "" if free else await _account(tx, event.organizer_id, platform_account)
    order = await orders.create(
        tx,
        actor,
        organizer_id=event.organizer_id,
        event_id=event.id,
        buyer_name=buyer.name,
        buyer_email=buyer.email,
        currency=event.currency,
        lines=[
            NewLine(offer.id, offer.name, offer.price_minor, discount)
            for offer, discount in zip(priced.tickets, priced.discounts, strict=True)
        ],
        applied=_applied(promotion, priced),
        source=OrderSource.FREE if free else OrderSource.STRIPE,
        refund_policy=event.refund_policy,
        locale=buyer.locale,
        hold_until=None if free else tx.now + HOLD,
        request_key=digest,
    )
    if free:
        await orders.complete(tx, actor, order_id=order.id)
    else:
        await payments.open_for_order(tx, actor, order=order, account=account)
    return _answer(order)


def _applied(promotion: Promotion | None, priced: PricedCart) -> AppliedCode | None:
    if promotion is None or not priced.discount:
        return None
    return AppliedCode(promotion.id, promotion.code, promotion.kind, promotion.value)


async def _account(tx: Transaction, organizer_id: int, platform_account: str) -> str:
    organizer = await tx.session.get_one(Organizer, organizer_id)
    account = organizer.stripe_account or platform_account
    if not account:
        raise DomainError(
            "This organizer can't take card payments yet. Nothing was charged. Please ask the organizer.",
            code="payments_unavailable",
        )
    return account


def _answer(order: Order) -> PlacedOrder:
    return PlacedOrder(order.public_id, order.number, order.status, order.link_version)
