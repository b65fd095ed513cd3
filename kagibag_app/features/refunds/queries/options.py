"""What a member may refund of an order and what cancelling it would do, before any click."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app import l10n
from kagibag_app.features.orders.rules import DisputeState, OrderStatus, TicketStatus
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.features.payments.rules import method_text
from kagibag_app.features.refunds.queries.money import kept_fees
from kagibag_app.features.refunds.queries.order_money import MoneyLine, OrderMoney, order_money
from kagibag_app.features.refunds.rules.cancelling import CancelOutcome
from kagibag_app.features.refunds.views import CancelPreview, OrderRefundOptions, TicketChoice
from kagibag_app.kit.money import currency as currency_of


async def refund_options(
    session: AsyncSession, organizer_id: int, order_id: int
) -> OrderRefundOptions | None:
    """Return what a member may refund of an order and what cancelling it would do.

    Args:
        order_id: The order's key.
    """
    money = await order_money(session, organizer_id, order_id)
    if money is None:
        return None
    order, payment, blocked = money.order, money.payment, money.no_refund
    tickets = [line for line in money.lines if line.ticket is not None]
    return OrderRefundOptions(
        version=order.version,
        currency=order.currency,
        step_minor=currency_of(order.currency).step,
        limit_minor=0 if blocked else money.left_minor,
        may_refund=blocked is None,
        blocked=blocked[1] if blocked else "",
        method=method_text(payment.card_brand, payment.card_last4) if payment else "",
        checked_in=_used(money),
        puts_back=money.puts_back,
        cancel=_preview(money),
        fees=await kept_fees(session, order_id),
        tickets=[_choice(line, line.ticket, may=blocked is None) for line in tickets if line.ticket],
    )


def _choice(line: MoneyLine, ticket: Ticket, *, may: bool) -> TicketChoice:
    return TicketChoice(
        id=ticket.public_id,
        code=ticket.code,
        type_name=line.line.type_name,
        status=ticket.status,
        paid_minor=line.line.net_minor,
        refundable_minor=line.refundable_minor,
        selectable=may and not line.why_not,
        why_not=line.why_not,
        requested=line.requested,
    )


def _used(money: OrderMoney) -> int:
    return sum(
        line.ticket is not None and line.ticket.status == TicketStatus.CHECKED_IN for line in money.lines
    )


def _preview(money: OrderMoney) -> CancelPreview:
    blocked, outcome = money.no_cancel, money.cancel_outcome
    if blocked is not None:
        return CancelPreview(False, blocked[1], outcome, 0, "Cancel order")
    returns = money.left_minor if outcome is CancelOutcome.REFUNDING else 0
    amount = l10n.money(returns, money.order.currency)
    return CancelPreview(
        may=True,
        blocked="",
        outcome=outcome,
        amount_minor=returns,
        label=f"Cancel and refund {amount}" if returns else "Cancel order",
        parts=_paid_parts(money, amount if returns else "")
        if money.order.status == OrderStatus.PAID
        else _unpaid_parts(outcome),
    )


def _paid_parts(money: OrderMoney, amount: str) -> list[str]:
    payment = money.payment
    method = method_text(payment.card_brand, payment.card_last4) if payment else ""
    parts = (
        [f"{amount} goes back to {method or 'the way it was paid'}."] if amount else [_nothing_back(money)]
    )
    live = sum(line.ticket is not None and line.ticket.status != TicketStatus.VOID for line in money.lines)
    if live:
        used = _used(money)
        door = f"; {used} {'was' if used == 1 else 'were'} used at the door" if used else ""
        parts.append(f"{live} {'ticket becomes' if live == 1 else 'tickets become'} void{door}.")
        seats = "Its seat goes" if live == 1 else "Their seats go"
        parts.append(f"{seats} back on sale." if money.puts_back else f"{seats} not back on sale.")
    if any(line.requested for line in money.lines):
        parts.append("The buyer's refund request is closed.")
    parts.append("The buyer is told by mail.")
    if amount:
        parts.append(
            "The order is cancelled when Stripe accepts the refund. If Stripe refuses it, the order stays as it is."
        )
    return parts


def _nothing_back(money: OrderMoney) -> str:
    if money.order.total_minor == 0:
        return "Nothing was paid, so nothing goes back."
    if money.order.dispute_state == DisputeState.LOST:
        return "The bank gave the money back to the buyer already, so nothing more goes back."
    return "All of the money went back already."


def _unpaid_parts(outcome: CancelOutcome) -> list[str]:
    if outcome is CancelOutcome.CLOSING:
        return [
            "Nothing was paid yet. Stripe closes the payment page first; then the seats go back on sale.",
            "If the buyer pays before that, the order is completed instead.",
            "The buyer is told by mail.",
        ]
    return ["Nothing was paid, and no seats are held any more.", "The buyer is told by mail."]
