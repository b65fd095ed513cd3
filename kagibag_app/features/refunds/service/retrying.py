"""Failed refunds, sent again by a person: a new row, a new key, what is left of the same money."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus, allocate
from kagibag_app.features.refunds.rules.asking import DISPUTED
from kagibag_app.features.refunds.service.claiming import claim, paying_payment, require
from kagibag_app.features.refunds.service.creation import create_refund, note
from kagibag_app.features.refunds.service.locking import lock_request
from kagibag_app.features.refunds.service.requests import check_refundable
from kagibag_app.features.refunds.service.states import refresh_order, set_in_progress, tickets_to_end
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.storage.transaction import Transaction

_ALL_RETURNED = "All of this money has been refunded another way meanwhile. Nothing was sent again."


async def retry(tx: Transaction, actor: Actor, *, request_id: str, version: int) -> str:
    """Send a failed refund again: a new row with a new key, after a look at what became of the old one.

    What was refunded another way meanwhile is not sent twice: the new row is about the rest.

    Returns:
        The new refund's public id.

    Raises:
        Forbidden, NotFound, AlreadyDecided: As in ``approve``.
        DomainError: ``refund_exceeds_remaining``: nothing is left of it; ``charge_disputed``: not now.
    """
    require(actor, Action.DECIDE_REFUNDS)
    order, request = await lock_request(tx, actor, request_id)
    payment = await paying_payment(tx, order)
    await claim(tx, actor, request, version, RequestStatus.APPROVED, None)
    check_refundable(order, payment)
    failed = await queries.last_refund(tx.session, request.id or 0)
    if failed is None:
        raise NotFound("refund")
    refund = await _send_again(tx, actor, order, payment, failed)
    request.approved_minor = refund.amount_minor
    return refund.public_id


async def retry_refund(tx: Transaction, actor: Actor, *, refund_id: str) -> str:
    """Send a failed refund again that belongs to no request, such as one of money that came too late.

    Returns:
        The new refund's public id.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such refund in the actor's organization.
        DomainError: ``not_failed``: it did not fail, has been retried, or belongs to a request;
            ``refund_exceeds_remaining``: nothing is left of it; ``charge_disputed``: not now. One that is to cancel its
            order is refused for what forbids to cancel it, too.
    """
    require(actor, Action.DECIDE_REFUNDS)
    failed = await queries.system_refund(tx.session, refund_id) if isinstance(refund_id, str) else None
    if failed is None or failed.organizer_id != actor.organizer_id:
        raise NotFound("refund")
    order = await orders.lock(tx, failed.order_id)
    payment = await payments.locked(tx, failed.payment_id)
    await tx.session.refresh(failed, with_for_update=True)
    replaced = await tx.session.scalar(sa.select(col(Refund.id)).where(col(Refund.retry_of) == failed.id))
    if failed.status != RefundStatus.FAILED or failed.request_id is not None or replaced is not None:
        raise DomainError(
            "Only a failed refund that nobody has retried yet can be sent again here. Nothing was changed.",
            code="not_failed",
        )
    if payment.open_chargeback:
        raise DomainError(DISPUTED[1], code=DISPUTED[0])
    return (await _send_again(tx, actor, order, payment, failed)).public_id


async def _send_again(
    tx: Transaction, actor: Actor, order: Order, payment: Payment, failed: Refund
) -> Refund:
    if failed.cancels_order and order.status == OrderStatus.PAID:
        amount, allocations = await _all_that_is_left(tx, order)
    else:
        amount, allocations = await what_is_left(tx, order, payment, failed)
    refund = await create_refund(
        tx, actor, order=order, payment=payment, amount_minor=amount, source=RefundSource(failed.source),
        request_id=failed.request_id, retry_of=failed.id, allocations=allocations,
        cancels_order=failed.cancels_order, keeps_seats=failed.keeps_seats, keeps_tickets=failed.keeps_tickets,
        ticket_ids=await tickets_to_end(tx, failed), confirmed=failed.alone_by_id is None,
    )  # fmt: skip
    await set_in_progress(tx, order, refund, True)
    note(tx, actor, refund, EntryKind.REFUND_RETRIED)
    await refresh_order(tx, actor, order, payment)
    return refund


async def _all_that_is_left(tx: Transaction, order: Order) -> tuple[int, dict[int, int]]:
    """Return amount and allocation of a refund that is to cancel its order: what it costs now, not what it did.

    Raises:
        DomainError: The order can't be cancelled now, or ``refund_exceeds_remaining``: nothing is left.
    """
    money = await queries.order_money(tx.session, order.organizer_id, order.id)
    if money is None or money.left_minor <= 0:
        raise DomainError(_ALL_RETURNED, code="refund_exceeds_remaining")
    if money.no_cancel is not None:
        raise DomainError(f"{money.no_cancel[1]} Nothing was sent again.", code=money.no_cancel[0])
    return money.left_minor, allocate(money.left_minor, money.left, order.currency)


async def what_is_left(
    tx: Transaction, order: Order, payment: Payment, failed: Refund
) -> tuple[int, dict[int, int]]:
    """Return amount and allocation of the failed refund, less what was refunded another way meanwhile.

    Raises:
        DomainError: ``refund_exceeds_remaining``: nothing is left.
    """
    room = payment.captured_minor - payment.committed_minor
    if await queries.is_surplus(tx.session, payment.id or 0):
        allocations: dict[int, int] = {}
        amount = min(failed.amount_minor, room)
    else:
        left = await queries.refundable_lines(tx.session, order.id or 0)
        wanted = await queries.allocations_of(tx.session, failed.id or 0)
        fitting = {line: min(share, left.get(line, 0)) for line, share in wanted.items()}
        allocations = allocate(room, fitting, failed.currency)
        amount = sum(allocations.values())
    if amount <= 0:
        raise DomainError(_ALL_RETURNED, code="refund_exceeds_remaining")
    return amount, allocations
