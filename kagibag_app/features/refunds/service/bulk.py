"""What a run over many orders does with each of them: all that is left goes back, or a free order is cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Ticket
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds.queries import OrderMoney
from kagibag_app.features.refunds.rules import RefundSource, allocate
from kagibag_app.features.refunds.rules.cancelling import REFUNDING, CancelOutcome
from kagibag_app.features.refunds.service.claiming import locked_money, require
from kagibag_app.features.refunds.service.second import SecondPersonNeeded, alone_of
from kagibag_app.features.refunds.service.starting import live_tickets, refundable, start, tell_started
from kagibag_app.features.refunds.service.states import refresh_order
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.kit.money import Money
from kagibag_app.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class BulkChoices:
    """What happens to every order of a run.

    Attributes:
        ends_tickets: Tickets are void once Stripe accepts the refund.
        keeps_seats: Their seats stay off sale, whatever the policy says.
        cancels_orders: Orders become cancelled when Stripe accepts the refund, free ones at once; their tickets end.
        message: To the buyers; empty for none.
    """

    ends_tickets: bool
    keeps_seats: bool
    cancels_orders: bool
    message: str


async def refund_in_run(
    tx: Transaction,
    actor: Actor,
    *,
    order_id: int,
    at_most_minor: int,
    run: str,
    choices: BulkChoices,
    first_by_id: int | None = None,
) -> Refund:
    """Give all that is left of an order back, as far as it is what a member agreed to.

    Args:
        at_most_minor: What the member saw and agreed to, minor units.
        run: The run's public id, for the timeline.
        first_by_id: Who approved it first: another member than that one confirms it.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such order in the actor's organization.
        SecondPersonNeeded: It is more than the actor may give back alone. Nothing was changed.
        DomainError: What forbids a refund now (see ``refund_order``), ``refund_in_progress``, or ``amount_changed``.
    """
    require(actor, Action.DECIDE_REFUNDS)
    money = await locked_money(tx, actor, order_id)
    payment, amount = refundable(money), money.left_minor
    if money.on_its_way:
        raise DomainError(REFUNDING[1], code=REFUNDING[0])
    if amount > at_most_minor:
        raise DomainError(
            f"{Money(amount, money.order.currency)} could be refunded, more than was agreed to. Nothing was sent.",
            code="amount_changed",
        )
    confirmed = first_by_id is not None and first_by_id != actor.user_id
    alone = await alone_of(tx, actor, money.order)
    if alone.needs_second(amount) and not confirmed:
        raise SecondPersonNeeded(alone.sentence(money.order.currency))
    # A refund of a cancelled order may have failed: its money is still to be returned.
    cancels = choices.cancels_orders and money.order.status == OrderStatus.PAID
    ended = live_tickets(money.lines) if choices.ends_tickets or cancels else []
    refund = await start(
        tx, actor, money, payment, amount, allocate(amount, money.left, money.order.currency), ended,
        source=RefundSource.BULK, cancels_order=cancels, keeps_seats=choices.keeps_seats, confirmed=confirmed,
    )  # fmt: skip
    await _say(tx, actor, money, payment, refund, ended, run, choices.message)
    return refund


async def cancel_in_run(tx: Transaction, actor: Actor, *, order_id: int, choices: BulkChoices) -> None:
    """Cancel an order of which nothing is to be given back.

    Raises:
        Forbidden: The actor's role may not cancel.
        NotFound: No such order in the actor's organization.
        DomainError: What forbids to cancel it (see ``cancel_order``), or ``amount_changed``: money is left of it.
    """
    require(actor, Action.CANCEL_ORDERS)
    money = await locked_money(tx, actor, order_id)
    if money.no_cancel is not None:
        raise DomainError(money.no_cancel[1], code=money.no_cancel[0])
    if money.order.status != OrderStatus.PAID or money.cancel_outcome is not CancelOutcome.CANCELLED:
        raise DomainError(
            "The order has changed since the preview, so it was left as it is.", code="amount_changed"
        )
    money.order.cancel_message = choices.message
    await orders.cancel_paid(
        tx, actor, money.order, put_back_on_sale=money.puts_back and not choices.keeps_seats
    )
    if money.payment is not None:
        await refresh_order(tx, actor, money.order, money.payment)


async def _say(
    tx: Transaction,
    actor: Actor,
    money: OrderMoney,
    payment: Payment,
    refund: Refund,
    ended: list[Ticket],
    run: str,
    message: str,
) -> None:
    """Note the decision; the buyer is told now, or once the order is cancelled."""
    codes = [ticket.code for ticket in ended]
    facts = {
        "refund": refund.public_id, "amount_minor": refund.amount_minor, "currency": refund.currency,
        "message": message, "run": run,
    }  # fmt: skip
    if refund.cancels_order:
        money.order.cancel_message = message
        orders.note_decision(tx, actor, money.order, kind=EntryKind.CANCEL_STARTED, data=facts)
    else:
        facts["tickets"] = codes
        orders.note_decision(tx, actor, money.order, kind=EntryKind.REFUND_STARTED, data=facts)
        await tell_started(tx, refund, codes, message)
    await refresh_order(tx, actor, money.order, payment)
