"""Opens a payment for an order, and keeps what came of asking Stripe for its page."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import queries
from kagibag_app.features.payments.rules import EXPIRE_ORDER, OPEN_PAYMENT, SESSION_LIFE, PaymentStatus
from kagibag_app.features.payments.service.inbox import unpark
from kagibag_app.features.payments.service.rows import locked_with_order, touch
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.payments.views import PaymentPage
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import STRIPE, Actor
from kagibag_app.kit.ids import public_id
from kagibag_app.kit.money import currency, percent_of
from kagibag_app.ports.payments import CheckoutSnapshot
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction


async def open_for_order(tx: Transaction, actor: Actor, *, order: Order, account: str) -> Payment:
    """Make the order's payment and ask for its hosted page; one that is open already is returned as it is.

    Args:
        order: A pending order with a total above zero, its row locked or new.
        account: The Stripe account that is charged, never empty.

    Raises:
        DomainError: ``synthetic_data``.
    """
    await require_real(tx, order.organizer_id)
    known = await tx.session.scalar(
        sa.select(Payment).where(col(Payment.order_id) == order.id, col(Payment.is_open))
    )
    if known is not None:
        return known
    payment = Payment(
        public_id=public_id("pay"),
        organizer_id=order.organizer_id,
        order_id=order.id,
        account=account,
        currency=order.currency,
        amount_minor=order.total_minor,
        session_expires_at=tx.now + SESSION_LIFE,
        created_at=tx.now,
    )
    tx.session.add(payment)
    await tx.session.flush()
    tx.enqueue(OPEN_PAYMENT, f"open_payment:{payment.public_id}", payment_id=payment.id)
    tx.enqueue(
        EXPIRE_ORDER, f"expire:{payment.public_id}", due_at=payment.session_expires_at, payment_id=payment.id
    )
    touch(tx, payment)
    return payment


async def claim_opening(tx: Transaction, *, payment_id: int) -> PaymentPage | None:
    """Fix what the page is opened with, before the request leaves. ``None`` when there is nothing to open.

    Stripe wants at least 30 minutes between a page's opening and its end, so its end is counted from the
    first request, and kept from then on because the key only fits the same parameters.
    """
    order, payment = await locked_with_order(tx, payment_id)
    if not payment.is_open or payment.session_id or order.status != OrderStatus.PENDING:
        return None
    first_try = payment.opening_at is None
    if first_try:
        payment.opening_at, payment.session_expires_at = tx.now, tx.now + SESSION_LIFE
    event = await tx.session.get_one(Event, order.event_id)
    organizer = await tx.session.get_one(Organizer, order.organizer_id)
    return PaymentPage(
        payment_id=payment_id,
        public_id=payment.public_id,
        account=payment.account,
        order_public_id=order.public_id,
        order_number=order.number,
        link_version=order.link_version,
        event_title=event.title,
        email=order.buyer_email,
        locale=order.locale,
        currency=order.currency,
        lines=await queries.system_page_lines(tx.session, order.id),
        fee_minor=_fee(order, organizer),
        expires_at=payment.session_expires_at or tx.now + SESSION_LIFE,
        first_try=first_try,
    )


def _fee(order: Order, organizer: Organizer) -> int:
    if not organizer.stripe_account:
        return 0
    return percent_of(order.total_minor, organizer.application_fee_bp, currency(order.currency).step)


async def record_session(tx: Transaction, *, payment_id: int, snapshot: CheckoutSnapshot) -> None:
    """Keep the page that Stripe opened; the buyer is sent there.

    A page that came too late, after its payment was closed, is never shown and closed at Stripe.
    """
    order, payment = await locked_with_order(tx, payment_id)
    if payment.session_id:
        return
    payment.session_id = snapshot.session_id
    payment.session_expires_at = snapshot.expires_at or payment.session_expires_at
    if payment.is_open and order.status == OrderStatus.PENDING:
        payment.session_url = snapshot.url
        timeline.record(
            tx, STRIPE, organizer_id=payment.organizer_id, order_id=payment.order_id, kind=EntryKind.PAYMENT_OPENED,
            data={"amount_minor": payment.amount_minor, "currency": payment.currency},
        )  # fmt: skip
    else:
        await tx.enqueue_once(
            EXPIRE_ORDER, f"expire:{payment.public_id}:late", payment_id=payment_id, at_once=True
        )
    await unpark(tx, account=payment.account, object_ids=(snapshot.session_id,))
    touch(tx, payment)


async def record_not_sent(tx: Transaction, *, payment_id: int) -> None:
    """Note that no request has reached Stripe yet: the next one may choose a new end of the page."""
    _, payment = await locked_with_order(tx, payment_id)
    if not payment.session_id:
        payment.opening_at = None


async def record_refused(tx: Transaction, *, payment_id: int, code: str, message: str) -> None:
    """Close a payment whose page Stripe definitely refused to open; the order's seats are given back."""
    order, payment = await locked_with_order(tx, payment_id)
    if not payment.is_open:
        return
    payment.status, payment.is_open = PaymentStatus.FAILED, False
    payment.failure_code, payment.failure_message = code, refusal_sentence(code, message)
    timeline.record(
        tx, STRIPE, organizer_id=payment.organizer_id, order_id=payment.order_id,
        kind=EntryKind.PAYMENT_ATTEMPT_FAILED,
        data={"code": code, "message": payment.failure_message, "card": ""},
    )  # fmt: skip
    if order.status == OrderStatus.PENDING:
        await orders.release(tx, STRIPE, order, OrderStatus.PAYMENT_FAILED)
    touch(tx, payment)


def refusal_sentence(code: str, message: str) -> str:
    """Return what a buyer reads when the payment page could not be opened."""
    if code == "amount_too_small":
        return (
            "The total is below what a card can be charged. Nothing was charged; add a ticket and try again."
        )
    return f"The payment page could not be opened, and nothing was charged. Stripe says: {message}"
