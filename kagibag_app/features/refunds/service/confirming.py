"""A refund that a member began and a second person has confirmed: sent as it would have been sent at once."""

from __future__ import annotations

from collections.abc import Mapping

from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import RefundSource
from kagibag_app.features.refunds.service.approving import shares_of
from kagibag_app.features.refunds.service.cancelling import note_cancelling
from kagibag_app.features.refunds.service.creation import create_refund
from kagibag_app.features.refunds.service.starting import note_started
from kagibag_app.features.refunds.service.states import refresh_order, set_in_progress
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.storage.transaction import Transaction


async def send_own(
    tx: Transaction,
    actor: Actor,
    order: Order,
    payment: Payment,
    request: RefundRequest,
    amount_minor: int,
    refundable: Mapping[int, int],
) -> Refund:
    """Reserve and queue the refund that a member's request asks for; the buyer is told of it now.

    Args:
        actor: Who confirmed it.
        order, payment, request: Locked; the request has just become approved.
        refundable: What is left of each of its lines, minor units by line item id.

    Raises:
        DomainError: It is to cancel the order, and that is forbidden now or costs something else than was approved.
    """
    if request.cancels_order:
        await _check_cancel(tx, order, amount_minor)
    request.approved_minor = amount_minor
    ended = await _ended(tx, request)
    refund = await create_refund(
        tx, actor, order=order, payment=payment, amount_minor=amount_minor, source=RefundSource.ADMIN,
        request_id=request.id, allocations=shares_of(request, amount_minor, refundable),
        ticket_ids=[ticket.id or 0 for ticket in ended], cancels_order=request.cancels_order, confirmed=True,
    )  # fmt: skip
    await set_in_progress(tx, order, refund, True)
    said, why = request.decision_message, f"Approved first by {request.made_by}."
    if request.cancels_order:
        order.cancel_message = said
        note_cancelling(tx, actor, order, refund, reason=why)
    else:
        await note_started(tx, actor, order, refund, ended, said, reason=why)
    await refresh_order(tx, actor, order, payment)
    return refund


async def _check_cancel(tx: Transaction, order: Order, amount_minor: int) -> None:
    money = await queries.order_money(tx.session, order.organizer_id, order.id or 0)
    if money is None:
        raise NotFound("order")
    if money.no_cancel is not None:
        raise DomainError(f"{money.no_cancel[1]} Nothing was changed.", code=money.no_cancel[0])
    if money.left_minor != amount_minor:
        raise DomainError(
            "Cancelling gives back all that is left, and that is something else by now. Decline this, then cancel the "
            "order again. Nothing was changed.",
            code="refund_exceeds_remaining",
        )


async def _ended(tx: Transaction, request: RefundRequest) -> list[Ticket]:
    """Return those of a request's tickets that still let somebody in and that no other refund is ending."""
    asked = {t.ticket_id for t in await queries.request_tickets(tx.session, request.id or 0)}
    lines = await queries.ticket_lines(tx.session, request.order_id)
    return [
        line.ticket
        for line in lines
        if line.ticket.id in asked
        and line.ticket.status != TicketStatus.VOID
        and not line.ticket.refund_in_progress
    ]
