"""Refunds that Stripe tells us about, and money that has to go back because it came too late."""

from __future__ import annotations

from datetime import datetime

from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, allocate
from kagibag_app.features.refunds.service.allocating import write_allocations
from kagibag_app.features.refunds.service.creation import create_refund, note
from kagibag_app.features.refunds.service.external import ask_for_allocation, first_shares
from kagibag_app.features.refunds.service.mirror import mirror
from kagibag_app.features.refunds.service.room import take_room
from kagibag_app.features.refunds.service.states import refresh_order
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import ids
from kagibag_app.kit.actor import STRIPE, SYSTEM
from kagibag_app.kit.errors import NotFound
from kagibag_app.ports.payments import RefundSnapshot
from kagibag_app.storage.transaction import Transaction


async def record_gateway_refund(
    tx: Transaction, snapshot: RefundSnapshot, *, account: str, fetched_at: datetime | None = None
) -> bool:
    """Take over a refund as Stripe has it now: by its Stripe id, else by the id we gave it, else as a new one.

    Args:
        account: The Stripe account it lives in.
        fetched_at: When the look at Stripe began, by the database's clock (``tx.now`` of the transaction before
            it). A look older than the newest recorded one changes nothing. Now when omitted.

    Returns:
        False when its payment is unknown here: the event waits.
    """
    known = await _known(tx, snapshot, account)
    if known is None:
        payment = await queries.system_payment_of(
            tx.session,
            payment_intent_id=snapshot.payment_intent_id,
            charge_id=snapshot.charge_id,
            account=account,
        )
        if payment is None:
            return False
        # Another event about the same refund may be faster: under the order's lock it is seen.
        await orders.lock(tx, payment.order_id)
        known = await _known(tx, snapshot, account) or await _import(tx, snapshot, payment)
    await mirror(tx, known, snapshot, fetched_at=fetched_at)
    return True


async def refund_late_payment(tx: Transaction, *, payment_id: int) -> None:
    """Give back all of a payment that came too late, for a cancelled order, or a second time.

    The order's status and ``paid_at`` stay as they were, and so does its refunded sum: the money never belonged
    to it. Asking again changes nothing.

    Raises:
        NotFound: There is no such payment.
    """
    known = await tx.session.get(Payment, payment_id)
    if known is None:
        raise NotFound("payment")
    order = await orders.lock(tx, known.order_id)
    payment = await payments.locked(tx, payment_id)
    amount = payment.captured_minor - payment.committed_minor
    if amount <= 0 or await queries.is_surplus(tx.session, payment_id):
        return
    refund = await create_refund(
        tx,
        SYSTEM,
        order=order,
        payment=payment,
        amount_minor=amount,
        allocations={},
        source=RefundSource.LATE_PAYMENT,
    )
    note(tx, SYSTEM, refund, EntryKind.LATE_PAYMENT)
    card = await order_queries.mail_card(tx.session, order.id or 0)
    await messages.queue(
        tx, organizer_id=order.organizer_id, order_id=order.id, to=card["buyer_email"], template=Template.LATE_PAYMENT,
        params={"order": card, "amount_minor": amount},
    )  # fmt: skip
    await refresh_order(tx, SYSTEM, order, payment)


async def _known(tx: Transaction, snapshot: RefundSnapshot, account: str) -> Refund | None:
    found = await queries.system_refund_at_stripe(tx.session, snapshot.refund_id, account)
    if found is not None or not snapshot.refund_reference:
        return found
    named = await queries.system_refund(tx.session, snapshot.refund_reference)
    if named is None or named.account != account or named.stripe_refund_id is not None:
        return None
    payment = await tx.session.get_one(Payment, named.payment_id)
    # Metadata can be typed by hand: of another payment or amount it is another refund.
    same = (
        snapshot.payment_intent_id in ("", payment.payment_intent_id)
        and snapshot.amount_minor == named.amount_minor
    )
    return named if same else None


async def _import(tx: Transaction, snapshot: RefundSnapshot, payment: Payment) -> Refund:
    """Write a row for a refund made at Stripe; ``mirror`` then gives it its state.

    Its amount goes to the lines that it must have been about, else over all of them until somebody says which. Tickets
    become void by themselves only when nothing of the order is left.
    """
    order = await orders.lock(tx, payment.order_id)
    payment = await payments.locked(tx, payment.id or 0)
    public_id = ids.public_id("rf")
    word = RefundStatus.from_stripe(snapshot.status)
    lost = word in (RefundStatus.FAILED, RefundStatus.CANCELED)
    refund = Refund(
        public_id=public_id, organizer_id=order.organizer_id, order_id=order.id or 0, payment_id=payment.id or 0,
        account=payment.account, amount_minor=snapshot.amount_minor, currency=payment.currency,
        source=RefundSource.EXTERNAL, status=word if word and lost else RefundStatus.UNKNOWN,
        idempotency_key=f"refund-{public_id}",
        stripe_refund_id=snapshot.refund_id, requested_by="Stripe Dashboard", created_at=tx.now,
        maybe_sent_at=snapshot.created,
    )  # fmt: skip
    if not lost:
        await take_room(tx, order, payment, refund)
    shares: dict[int, int] = {}
    if not await queries.is_surplus(tx.session, payment.id or 0):
        left = await queries.refundable_lines(tx.session, order.id or 0)
        shares = allocate(refund.amount_minor, left, refund.currency) if lost else first_shares(refund, left)
    tx.session.add(refund)
    await tx.session.flush()
    await write_allocations(tx, refund, shares)
    note(tx, STRIPE, refund, EntryKind.REFUND_IMPORTED, stripe_id=snapshot.refund_id)
    if refund.needs_allocation:
        await ask_for_allocation(tx, refund)
    return refund
