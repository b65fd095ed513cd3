"""A refund made at Stripe whose tickets only a person can name."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.notifications.service import tell_organizer
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import TicketStatus
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.payments import service as payments
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import REFUNDED, allocate
from kagibag_app.features.refunds.rules.external import clear_shares
from kagibag_app.features.refunds.service.allocating import write_allocations
from kagibag_app.features.refunds.service.claiming import require
from kagibag_app.features.refunds.service.creation import note
from kagibag_app.features.refunds.service.states import puts_back, refresh_order
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundTicket
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.kit.money import Money
from kagibag_app.storage.transaction import Transaction


def first_shares(refund: Refund, left: Mapping[int, int]) -> dict[int, int]:
    """Share a refund made at Stripe over the lines, and mark it when its amount does not tell which it was about.

    Until a person says, it is shared by what is left of each line: so the order's sums are right at every moment.
    """
    clear = clear_shares(refund.amount_minor, left)
    refund.needs_allocation = clear is None
    return allocate(refund.amount_minor, left, refund.currency) if clear is None else clear


async def ask_for_allocation(tx: Transaction, refund: Refund) -> None:
    """Tell the organizer that a refund made at Stripe waits for somebody to say which tickets it was about."""
    await tell_organizer(
        tx, organizer_id=refund.organizer_id, order_id=refund.order_id, template=Template.REFUND_TO_ALLOCATE,
        params={
            "order": await order_queries.mail_card(tx.session, refund.order_id),
            "amount_minor": refund.amount_minor, "stripe_id": refund.stripe_refund_id or "",
        },
    )  # fmt: skip


async def allocate_external(
    tx: Transaction, actor: Actor, *, refund_id: str, shares: Mapping[str, int], void_tickets: bool
) -> None:
    """Say which lines a refund made at Stripe was about, and whether their tickets end.

    Args:
        refund_id: Public id of a refund that waits for it.
        shares: Minor units by the line item's public id; they sum to the refund, none exceeds what is left of its line.
        void_tickets: The tickets of all lines with a share become void; otherwise they stay as they are.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such refund in the actor's organization, or a line is none of its order.
        BadInput: Amounts that are none, don't sum to the refund, or exceed a line.
        DomainError: ``not_to_allocate``: it does not wait for it (any more).
    """
    require(actor, Action.DECIDE_REFUNDS)
    refund = await queries.system_refund(tx.session, refund_id) if isinstance(refund_id, str) else None
    if refund is None or refund.organizer_id != actor.organizer_id:
        raise NotFound("refund")
    order = await orders.lock(tx, refund.order_id)
    payment = await payments.locked(tx, refund.payment_id)
    await tx.session.refresh(refund, with_for_update=True)
    if not refund.needs_allocation:
        raise DomainError(
            "This refund is allocated already, or came to nothing. Nothing was changed.",
            code="not_to_allocate",
        )
    wanted = await _read(tx, order, refund, shares)
    await tx.session.execute(sa.delete(RefundAllocation).where(col(RefundAllocation.refund_id) == refund.id))
    await write_allocations(tx, refund, wanted)
    refund.needs_allocation = False
    ended = await _end(tx, actor, order, refund, wanted) if void_tickets else []
    note(tx, actor, refund, EntryKind.REFUND_ALLOCATED, tickets=[ticket.code for ticket in ended])
    await refresh_order(tx, actor, order, payment)


async def _read(tx: Transaction, order: Order, refund: Refund, shares: Mapping[str, int]) -> dict[int, int]:
    """Return the shares by line item id, without empty ones."""
    if not isinstance(shares, Mapping) or any(type(v) is not int or v < 0 for v in shares.values()):
        raise BadInput("Write an amount for each ticket. Nothing was changed.", field="shares")
    lines = {
        line.public_id: line
        for line in await tx.session.scalars(sa.select(LineItem).where(col(LineItem.order_id) == order.id))
    }
    if not shares.keys() <= lines.keys():
        raise NotFound("ticket")
    left = await queries.refundable_lines(tx.session, order.id)
    own = await queries.allocations_of(tx.session, refund.id or 0)
    for public_id, amount in shares.items():
        line = lines[public_id]
        most = left[line.id] + own.get(line.id, 0)
        if amount > most:
            raise BadInput(
                f"At most {Money(most, order.currency)} of {line.type_name} can have gone back. Nothing was changed.",
                field="shares",
            )
    if sum(shares.values()) != refund.amount_minor:
        raise BadInput(
            f"The amounts have to sum to {Money(refund.amount_minor, order.currency)}. Nothing was changed.",
            field="shares",
        )
    return {lines[public_id].id: amount for public_id, amount in shares.items() if amount}


async def _end(
    tx: Transaction, actor: Actor, order: Order, refund: Refund, shares: Mapping[int, int]
) -> list[Ticket]:
    tickets = [
        line.ticket
        for line in await queries.ticket_lines(tx.session, order.id)
        if line.line.id in shares and line.ticket.status != TicketStatus.VOID
    ]
    busy = next((ticket for ticket in tickets if ticket.refund_in_progress), None)
    if busy is not None:
        raise DomainError(
            f"Ticket {busy.code}: a refund of it is in progress. Nothing was changed; wait until Stripe has answered.",
            code="refund_in_progress",
        )
    tx.session.add_all(RefundTicket(refund_id=refund.id or 0, ticket_id=ticket.id) for ticket in tickets)
    await tx.session.flush()
    await orders.void_tickets(
        tx, actor, order_id=order.id, ticket_ids=[ticket.id for ticket in tickets], reason=REFUNDED,
        put_back_on_sale=puts_back(order, refund),
    )  # fmt: skip
    return tickets
