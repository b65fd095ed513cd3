"""A ticket at the door, and one that a member makes useless."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.orders.rules import (
    CLOSE_REQUESTS,
    TICKET_MOVES,
    DoorOutcome,
    OrderStatus,
    TicketStatus,
)
from kagibag_app.features.orders.service.states import lock, touch
from kagibag_app.features.orders.service.tickets import void_tickets
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import text
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction

REASON_LIMIT = 200


async def check_in(tx: Transaction, actor: Actor, *, ticket: str) -> None:
    """Let the holder of a ticket in, once.

    Args:
        ticket: Public id.

    Raises:
        Forbidden: The actor's role does not include it.
        NotFound: No such ticket in the actor's organization.
        DomainError: ``already_in``, ``ticket_void``, ``refund_in_progress`` or ``order_not_paid``; the sentence says why.
    """
    require(actor, Action.CHECK_IN)
    order, row = await lock_ticket(tx, actor, ticket)
    await require_welcome(tx, order, row)
    let_in(tx, actor, order, row)


async def undo_check_in(tx: Transaction, actor: Actor, *, ticket: str) -> None:
    """Make a used ticket valid again: somebody was let in by mistake.

    Args:
        ticket: Public id.

    Raises:
        Forbidden, NotFound: As for ``check_in``.
        DomainError: ``not_checked_in``: there is nothing to undo.
    """
    require(actor, Action.CHECK_IN)
    order, row = await lock_ticket(tx, actor, ticket)
    if row.status != TicketStatus.CHECKED_IN:
        raise DomainError(
            f"Ticket {row.code} is not checked in, so there is nothing to undo.", code="not_checked_in"
        )
    row.status = TICKET_MOVES.require(TicketStatus(row.status), TicketStatus.VALID)
    row.checked_in_at, row.checked_in_by, row.checked_in_door = None, "", ""
    _note(tx, actor, order, row, EntryKind.TICKET_CHECK_IN_UNDONE)


async def void_ticket(
    tx: Transaction, actor: Actor, *, ticket: str, reason: str, put_back_on_sale: bool
) -> None:
    """Make one ticket useless without returning any money; what was paid for it can still be refunded.

    Args:
        ticket: Public id.
        reason: Shown to the buyer and on the timeline, required, at most 200 characters.
        put_back_on_sale: Whether its seat can be bought again.

    Raises:
        Forbidden, NotFound: As for ``check_in``.
        BadInput: No reason, or one too long; whether the seat goes back on sale is not said.
        DomainError: ``ticket_void``, or ``refund_in_progress``: the refund will make it void.
    """
    require(actor, Action.VOID_TICKETS)
    why = text.one_line(reason, field="reason", limit=REASON_LIMIT)
    if type(put_back_on_sale) is not bool:
        raise BadInput(
            "Say whether the seat goes back on sale. Nothing was changed.", field="put_back_on_sale"
        )
    order, row = await lock_ticket(tx, actor, ticket)
    if row.status == TicketStatus.VOID:
        raise DomainError(f"Ticket {row.code} is void already. Nothing was changed.", code="ticket_void")
    if row.refund_in_progress:
        raise DomainError(
            f"A refund of ticket {row.code} is on its way and will make it void. Nothing was changed.",
            code="refund_in_progress",
        )
    await void_tickets(
        tx, actor, order_id=order.id, ticket_ids=[row.id], reason=why, put_back_on_sale=put_back_on_sale
    )
    # A request whose tickets are all void is not to be decided any more; refunds stand above orders.
    await tx.enqueue_once(
        CLOSE_REQUESTS, f"close_requests:{row.public_id}:{tx.now.isoformat()}", order_id=order.id
    )


def let_in(tx: Transaction, actor: Actor, order: Order, row: Ticket, *, door: str = "") -> None:
    """Note that the holder of a locked ticket is in.

    Args:
        door: What the members call the door, if they do.
    """
    row.status = TICKET_MOVES.require(TicketStatus(row.status), TicketStatus.CHECKED_IN)
    row.checked_in_at, row.checked_in_by, row.checked_in_door = tx.now, actor.name, door
    _note(tx, actor, order, row, EntryKind.TICKET_CHECKED_IN, door)


async def require_welcome(tx: Transaction, order: Order, row: Ticket) -> None:
    """Accept a locked ticket that lets its holder in.

    Raises:
        DomainError: It does not; see ``check_in``.
    """
    if row.status == TicketStatus.CHECKED_IN:
        organizer = await tx.session.get_one(Organizer, order.organizer_id)
        when = l10n.moment(row.checked_in_at, organizer.zone) if row.checked_in_at else "before"
        where = f" at {row.checked_in_door}" if row.checked_in_door else ""
        who = f" by {row.checked_in_by}" if row.checked_in_by else ""
        raise DomainError(
            f"Ticket {row.code} was checked in{where}{who} on {when}.", code=DoorOutcome.ALREADY_IN
        )
    if row.status == TicketStatus.VOID:
        why = f": {row.void_reason}" if row.void_reason else ""
        raise DomainError(f"Ticket {row.code} is void{why}. It lets nobody in.", code=DoorOutcome.VOID)
    if row.refund_in_progress:
        raise DomainError(
            f"Ticket {row.code} is being refunded. It lets nobody in while that lasts.",
            code=DoorOutcome.REFUND,
        )
    if order.status != OrderStatus.PAID:
        raise DomainError(
            f"Order {order.number} is not completed, so its ticket lets nobody in.", code=DoorOutcome.NOT_PAID
        )


async def lock_ticket(tx: Transaction, actor: Actor, public_id: object) -> tuple[Order, Ticket]:
    """Lock a ticket of the actor's organizer, its order first."""
    if not isinstance(public_id, str):
        raise NotFound("ticket")
    mine = sa.and_(col(Ticket.public_id) == public_id, col(Ticket.organizer_id) == (actor.organizer_id or 0))
    order_id = await tx.session.scalar(sa.select(col(Ticket.order_id)).where(mine))
    if order_id is None:
        raise NotFound("ticket")
    order = await lock(tx, order_id)
    row = await tx.session.scalar(
        sa.select(Ticket).where(mine).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("ticket")
    return order, row


def _note(tx: Transaction, actor: Actor, order: Order, row: Ticket, kind: EntryKind, door: str = "") -> None:
    data = {"ticket": row.code} | ({"door": door} if door else {})
    timeline.record(tx, actor, organizer_id=order.organizer_id, order_id=order.id, kind=kind, data=data)
    touch(tx, order)
    tx.touch(topics.door(order.event_id))
