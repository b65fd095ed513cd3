"""Cancels orders: at once, after Stripe has closed the payment page, or when Stripe accepts to give the money back."""

from __future__ import annotations

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.refunds.queries import OrderMoney
from kagibag_app.features.refunds.rules import allocate
from kagibag_app.features.refunds.rules.cancelling import CancelOutcome
from kagibag_app.features.refunds.service.claiming import lock_money, require
from kagibag_app.features.refunds.service.second import Proposal, alone_of, propose_refund
from kagibag_app.features.refunds.service.starting import live_tickets, refundable, start
from kagibag_app.features.refunds.service.states import puts_back, refresh_order, set_in_progress
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import STRIPE, Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction


async def cancel_order(
    tx: Transaction, actor: Actor, *, order: str, version: int, message: str = ""
) -> CancelOutcome:
    """Cancel an order, or begin to.

    Nothing left to refund: at once. Paid: what is left goes back, and the order becomes cancelled when Stripe
    accepts that; if Stripe refuses, it stays paid and the refund can be retried. Not paid yet: Stripe closes the
    payment page first, and seats are released only then; if the buyer pays before, the order is completed. More than
    a manager may give back alone waits for a second person, and nothing happens to the order until then.

    Args:
        order: Public id.
        version: The order's version that the member was looking at.
        message: To the buyer, at most 2,000 characters.

    Raises:
        Forbidden: The actor's role may not cancel.
        NotFound: No such order in the actor's organization.
        AlreadyDecided: The order changed meanwhile; the sentence says who did what, and when.
        BadInput: A text too long.
        DomainError: ``already_cancelled``, ``already_expired``, ``payment_processing``, ``cancel_in_progress``,
            ``charge_disputed``, ``refund_in_progress``.
    """
    require(actor, Action.CANCEL_ORDERS)
    said = text.many_lines(message, field="message")
    money = await lock_money(tx, actor, order, version)
    obstacle = money.no_cancel
    if obstacle is not None:
        raise DomainError(obstacle[1] + " Nothing was changed.", code=obstacle[0])
    outcome, row = money.cancel_outcome, money.order
    alone = await alone_of(tx, actor, row)
    if outcome is CancelOutcome.REFUNDING and alone.needs_second(money.left_minor):
        await propose_refund(
            tx, actor, row, Proposal(money.left_minor, said), alone, tickets=live_tickets(money.lines),
            shares=allocate(money.left_minor, money.left, row.currency), cancels_order=True,
        )  # fmt: skip
        return CancelOutcome.WAITING
    row.cancel_message = said
    if outcome is CancelOutcome.REFUNDING:
        await _refund_rest(tx, actor, money)
    elif outcome is CancelOutcome.CLOSING:
        row.cancel_asked_at = tx.now
        orders.note_decision(tx, actor, row, kind=EntryKind.CANCEL_STARTED, data={"message": said})
        await payments.close_page(tx, order_id=row.id)
    elif row.status == OrderStatus.PAID:
        await orders.cancel_paid(tx, actor, row, put_back_on_sale=money.puts_back)
        if money.payment is not None:
            await refresh_order(tx, actor, row, money.payment)
    else:
        await orders.release(tx, actor, row, OrderStatus.CANCELLED)
    return outcome


async def finish_cancelling(tx: Transaction, order: Order, refund: Refund) -> None:
    """Cancel a locked order now that Stripe has accepted the refund that was to come first."""
    await set_in_progress(tx, order, refund, False)
    await orders.cancel_paid(
        tx, STRIPE, order, returning_minor=refund.amount_minor, put_back_on_sale=puts_back(order, refund)
    )  # fmt: skip


async def _refund_rest(tx: Transaction, actor: Actor, money: OrderMoney) -> None:
    payment, amount = refundable(money), money.left_minor
    refund = await start(
        tx, actor, money, payment, amount, allocate(amount, money.left, money.order.currency),
        live_tickets(money.lines), cancels_order=True,
    )  # fmt: skip
    note_cancelling(tx, actor, money.order, refund)
    await refresh_order(tx, actor, money.order, payment)


def note_cancelling(tx: Transaction, actor: Actor, order: Order, refund: Refund, *, reason: str = "") -> None:
    """Put on the timeline that an order is being cancelled: the refund of what is left comes first."""
    orders.note_decision(
        tx, actor, order, kind=EntryKind.CANCEL_STARTED,
        data={
            "refund": refund.public_id, "amount_minor": refund.amount_minor, "currency": refund.currency,
            "message": order.cancel_message, "reason": reason,
        },
    )  # fmt: skip
