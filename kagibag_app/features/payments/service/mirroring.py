"""Mirrors what Stripe says about a payment, and moves its order along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kagibag_app.features.ledger import service as ledger
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import Completion, OrderStatus, SearchKind
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import queries
from kagibag_app.features.payments.rules import EXPECTED_MOVES, EXPIRE_ORDER, PaymentStatus, method_text
from kagibag_app.features.payments.service.inbox import unpark
from kagibag_app.features.payments.service.rows import locked_with_order, touch
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import STRIPE
from kagibag_app.kit.money import Money
from kagibag_app.ports.payments import CheckoutSnapshot, PaymentSnapshot
from kagibag_app.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class GatewayPayment:
    """What a snapshot was recorded on.

    Attributes:
        surplus: This snapshot brought money that the order can't take: the caller refunds it, in the same
            transaction, with ``refunds.service.refund_late_payment``.
    """

    payment_id: int
    order_id: int
    surplus: bool


async def record_gateway_payment(
    tx: Transaction, snapshot: PaymentSnapshot, *, account: str, fetched_at: datetime | None = None
) -> GatewayPayment | None:
    """Record a payment intent as Stripe has it, whatever its status was here.

    Args:
        fetched_at: When the look at Stripe began, by the database's clock (``tx.now`` of the transaction
            before it). A look older than the newest recorded one changes nothing. Now when omitted.

    Returns:
        ``None`` when it belongs to no payment of ours.
    """
    found = await _known(tx, snapshot, account)
    if found is None:
        return None
    order, payment = await locked_with_order(tx, found.id)
    if _older(payment, fetched_at):
        return _result(payment)
    payment.synced_at = fetched_at or tx.now
    return await _mirror(tx, order, payment, snapshot)


async def record_session_state(
    tx: Transaction, snapshot: CheckoutSnapshot, *, account: str, fetched_at: datetime | None = None
) -> GatewayPayment | None:
    """Record a hosted page as Stripe has it, with its payment, and end the order's wait when Stripe has closed it.

    Args:
        fetched_at: As for ``record_gateway_payment``.

    Returns:
        ``None`` when it belongs to no payment of ours.
    """
    found = await queries.system_by_stripe(tx.session, account=account, session_id=snapshot.session_id)
    if found is None:
        found = await queries.system_by_reference(tx.session, account=account, reference=snapshot.reference)
        if found is not None and found.session_id and not snapshot.payment_intent_id:
            return _result(found)  # a page whose address was lost and that another one replaced
        if found is not None and found.session_id:
            return None
    if found is None:
        return None
    order, payment = await locked_with_order(tx, found.id)
    if _older(payment, fetched_at):
        return _result(payment)
    payment.synced_at = fetched_at or tx.now
    payment.session_id = payment.session_id or snapshot.session_id
    result = _result(payment)
    if snapshot.payment is not None:
        result = await _mirror(tx, order, payment, snapshot.payment)
    if snapshot.status == "expired":
        await _end(tx, order, payment)
    elif snapshot.status == "complete" and snapshot.payment_status == "unpaid":
        await _wait_or_fail(tx, order, payment)
    return result


async def record_session_end(tx: Transaction, *, payment_id: int, session_id: str) -> bool:
    """Close a payment whose page nobody can pay at any more: it never opened, or Stripe doesn't know it.

    Args:
        session_id: The page that was looked for; empty when the payment had none then.

    Returns:
        False when it has another page by now: nothing was changed, somebody may pay there.
    """
    order, payment = await locked_with_order(tx, payment_id)
    if payment.session_id != session_id:
        return False
    await _end(tx, order, payment)
    return True


async def _known(tx: Transaction, snapshot: PaymentSnapshot, account: str) -> Payment | None:
    found = await queries.system_by_stripe(
        tx.session, account=account, payment_intent_id=snapshot.payment_intent_id
    )
    if found is not None:
        return found
    named = await queries.system_by_reference(tx.session, account=account, reference=snapshot.reference)
    if named is None or named.payment_intent_id:
        return None
    # Metadata can be typed by hand: another amount or currency is another payment.
    same = (named.amount_minor, named.currency) == (snapshot.amount_minor, snapshot.currency)
    return named if same else None


async def _mirror(
    tx: Transaction, order: Order, payment: Payment, snapshot: PaymentSnapshot
) -> GatewayPayment:
    before, status = PaymentStatus(payment.status), PaymentStatus.from_stripe(snapshot.status)
    if (
        before in (PaymentStatus.PROCESSING, PaymentStatus.FAILED)
        and status is PaymentStatus.REQUIRES_PAYMENT
    ):
        status = PaymentStatus.FAILED  # an asynchronous payment that failed asks for a new method
    if not payment.payment_intent_id:
        payment.payment_intent_id = snapshot.payment_intent_id
        await unpark(tx, account=payment.account, payment_intent_id=snapshot.payment_intent_id)
    _note_jump(tx, payment, before, status)
    payment.status, payment.raw_status = status, snapshot.status
    payment.charge_id = snapshot.charge_id or payment.charge_id
    await _index(tx, payment)
    payment.card_brand = snapshot.card_brand or payment.card_brand
    payment.card_last4 = snapshot.card_last4 or payment.card_last4
    payment.failure_code, payment.failure_message = snapshot.failure_code, snapshot.failure_message
    touch(tx, payment)
    if status is PaymentStatus.CAPTURED:
        return await _capture(tx, order, payment, snapshot)
    if status is PaymentStatus.PROCESSING and order.status == OrderStatus.PENDING:
        await orders.set_status(tx, STRIPE, order, OrderStatus.PROCESSING)
    # A canceled intent of a pending order is settled by the end of its page.
    elif status is PaymentStatus.FAILED or (
        status is PaymentStatus.CANCELED and order.status == OrderStatus.PROCESSING
    ):
        await _fail(tx, order, payment)
    return _result(payment)


async def _index(tx: Transaction, payment: Payment) -> None:
    """Let the order be found by what Stripe calls its payment."""
    ids = ((SearchKind.INTENT, payment.payment_intent_id), (SearchKind.CHARGE, payment.charge_id))
    for kind, value in ids:
        await orders.index_stripe_id(
            tx, organizer_id=payment.organizer_id, order_id=payment.order_id, kind=kind, value=value
        )


async def _capture(
    tx: Transaction, order: Order, payment: Payment, snapshot: PaymentSnapshot
) -> GatewayPayment:
    first = payment.captured_at is None
    payment.is_open, payment.captured_minor = False, snapshot.captured_minor
    await tx.session.flush()
    if snapshot.balance is not None:
        await ledger.record(
            tx, organizer_id=payment.organizer_id, order_id=payment.order_id, account=payment.account,
            line=snapshot.balance, cause=f"charge:{snapshot.charge_id}",
            presentment=Money(snapshot.captured_minor, snapshot.currency), kind=LedgerKind.CHARGE,
        )  # fmt: skip
    if not first:
        return _result(payment)
    payment.captured_at = tx.now
    method = method_text(payment.card_brand, payment.card_last4)
    _note(tx, payment, EntryKind.PAYMENT_CAPTURED, card=method)
    completion = await orders.complete(tx, STRIPE, order_id=payment.order_id, method=method)
    if completion is Completion.COMPLETED:
        await _close_others(tx, payment)
        return _result(payment)
    _note(tx, payment, EntryKind.LATE_PAYMENT, why=completion)
    return GatewayPayment(payment.id, payment.order_id, surplus=True)


async def _close_others(tx: Transaction, payment: Payment) -> None:
    """Close the page of a later try, so that a buyer doesn't pay twice for what is paid now."""
    other = await queries.system_other_open(tx.session, payment)
    if other is not None:
        await tx.enqueue_once(
            EXPIRE_ORDER, f"expire:{other.public_id}:paid", payment_id=other.id, at_once=True
        )


async def _wait_or_fail(tx: Transaction, order: Order, payment: Payment) -> None:
    """The buyer has finished and the money is not there: it comes later, or the try has failed by now."""
    if payment.status == PaymentStatus.REQUIRES_PAYMENT and payment.failure_code:
        _note_jump(tx, payment, PaymentStatus.REQUIRES_PAYMENT, PaymentStatus.FAILED)
        payment.status = PaymentStatus.FAILED
        await _fail(tx, order, payment)
    elif payment.status != PaymentStatus.FAILED and payment.is_open and order.status == OrderStatus.PENDING:
        await orders.set_status(tx, STRIPE, order, OrderStatus.PROCESSING)


async def _fail(tx: Transaction, order: Order, payment: Payment) -> None:
    payment.is_open = False
    if order.status in (OrderStatus.PENDING, OrderStatus.PROCESSING) and not await _pays_elsewhere(
        tx, payment
    ):
        await orders.release(tx, STRIPE, order, OrderStatus.PAYMENT_FAILED)


async def _end(tx: Transaction, order: Order, payment: Payment) -> None:
    """Nobody can pay at this page any more."""
    if payment.is_open:
        payment.is_open = False
        _note(tx, payment, EntryKind.PAYMENT_EXPIRED)
    if payment.status == PaymentStatus.REQUIRES_PAYMENT:
        payment.status = PaymentStatus.CANCELED
    await tx.session.flush()
    if order.status == OrderStatus.PENDING and not await _pays_elsewhere(tx, payment):
        await orders.release(tx, STRIPE, order, OrderStatus.EXPIRED)
    touch(tx, payment)


async def _pays_elsewhere(tx: Transaction, payment: Payment) -> bool:
    return await queries.system_other_open(tx.session, payment) is not None


def _older(payment: Payment, fetched_at: datetime | None) -> bool:
    return fetched_at is not None and payment.synced_at is not None and fetched_at < payment.synced_at


def _result(payment: Payment) -> GatewayPayment:
    return GatewayPayment(payment.id, payment.order_id, surplus=False)


def _note_jump(tx: Transaction, payment: Payment, before: PaymentStatus, status: PaymentStatus) -> None:
    if status is before or status in EXPECTED_MOVES[before]:
        return
    timeline.record(
        tx, STRIPE, organizer_id=payment.organizer_id, order_id=payment.order_id, kind=EntryKind.PAYMENT_STATUS,
        data={"old": before, "new": status}, unexpected=True,
    )  # fmt: skip


def _note(tx: Transaction, payment: Payment, kind: EntryKind, **more: str) -> None:
    timeline.record(
        tx, STRIPE, organizer_id=payment.organizer_id, order_id=payment.order_id, kind=kind,
        data={"amount_minor": payment.captured_minor or payment.amount_minor, "currency": payment.currency, **more},
    )  # fmt: skip
