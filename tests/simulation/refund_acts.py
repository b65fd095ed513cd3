"""What people, a bank and Stripe's Dashboard do to an order's money; ``pick`` chooses among what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from kagibag_app.features.disputes.rules import EXPECTED_MOVES, DisputeStatus
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.tables import LineItem
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import ReasonCategory, RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.kit.money import CURRENCIES
from kagibag_app.ports.payments import RefundSnapshot
from tests.simulation.refund_world import PRICES, World

T = TypeVar("T")
_DECIDABLE = (RequestStatus.OPEN, RequestStatus.AWAITING_SECOND)
# How a refund moves at Stripe; from failed and canceled nothing follows.
_AT_STRIPE = {
    "pending": {"requires_action", "succeeded", "failed", "canceled"},
    "requires_action": {"pending", "succeeded", "failed", "canceled"},
    "succeeded": {"failed"},
}


def _one(rows: Sequence[T], pick: int) -> T | None:
    return rows[pick % len(rows)] if rows else None


async def _request(world: World, pick: int, *statuses: RequestStatus) -> RefundRequest | None:
    rows = await world.desk.shop.rows(RefundRequest)
    return _one([r for r in rows if r.status in statuses], pick)


async def ask(world: World, chosen: set[int]) -> None:
    """Ask for the money of some tickets."""
    tickets = await world.desk.tickets(world.order)
    wanted = [tickets[i].public_id for i in sorted(chosen)]
    await world.do(
        lambda tx: refunds.request(
            tx, world.desk.buyer, order_id=world.order.id, ticket_ids=wanted,
            category=ReasonCategory.CANNOT_ATTEND, reason="",
        )
    )  # fmt: skip


async def withdraw(world: World, pick: int) -> None:
    """Take any request back, whatever became of it."""
    row = await _request(world, pick, *RequestStatus)
    if row is not None:
        await world.do(lambda tx: refunds.withdraw(tx, world.desk.buyer, request_id=row.public_id))


async def reply(world: World, pick: int) -> None:
    """Answer a declined request."""
    row = await _request(world, pick, RequestStatus.DECLINED)
    if row is not None:
        await world.do(
            lambda tx: refunds.reply(tx, world.desk.buyer, request_id=row.public_id, text="Please.")
        )


async def approve(world: World, pick: int, share: float | None) -> None:
    """Approve a request, whole or a part of it."""
    row = await _request(world, pick, *_DECIDABLE)
    if row is None:
        return
    amount = None if share is None else _stepped(world, int(row.amount_minor * share))
    await world.do(
        lambda tx: refunds.approve(
            tx, world.desk.manager, request_id=row.public_id, version=row.version, amount_minor=amount
        )
    )


async def decline(world: World, pick: int) -> None:
    """Decline a request."""
    row = await _request(world, pick, *_DECIDABLE)
    if row is not None:
        await world.do(
            lambda tx: refunds.decline(
                tx, world.desk.manager, request_id=row.public_id, version=row.version, message="No."
            )
        )


async def retry(world: World, pick: int) -> None:
    """Send a failed refund again, of a request or of none."""
    failed = [r for r in await world.desk.shop.rows(Refund) if r.status == RefundStatus.FAILED]
    row = _one(failed, pick)
    if row is None:
        return
    if row.request_id is None:
        await world.do(lambda tx: refunds.retry_refund(tx, world.desk.manager, refund_id=row.public_id))
        return
    (request,) = await world.desk.shop.rows(RefundRequest, id=row.request_id)
    await world.do(
        lambda tx: refunds.retry(
            tx, world.desk.manager, request_id=request.public_id, version=request.version
        )
    )


async def return_outside(world: World, pick: int) -> None:
    """Record that the money of a refund which came to nothing went back another way."""
    lost = [
        r for r in await world.desk.shop.rows(Refund)
        if r.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
    ]  # fmt: skip
    row = _one(lost, pick)
    if row is not None:
        await world.do(
            lambda tx: refunds.return_outside(
                tx, world.desk.manager, refund_id=row.public_id, way="bank_transfer", reference="RF18 5390"
            )
        )


async def revive(world: World, pick: int) -> None:
    """Make a void ticket valid again."""
    ticket = _one([t for t in await world.desk.tickets(world.order) if t.status == "void"], pick)
    if ticket is not None:
        await world.do(
            lambda tx: refunds.revive_tickets(
                tx, world.desk.manager, order=world.order.public_id, tickets=[ticket.public_id]
            )
        )


async def allocate(world: World, pick: int, *, void: bool) -> None:
    """Say which lines a refund made at Stripe was about: one after the other, from any of them."""
    rows = await world.desk.shop.rows(Refund, needs_allocation=True)
    row = _one(rows, pick)
    if row is None:
        return
    lines = await world.desk.shop.rows(LineItem, order_id=world.order.id)
    left, shares = row.amount_minor, {}
    for line in [*lines[pick % len(lines) :], *lines[: pick % len(lines)]]:
        shares[line.public_id] = min(line.net_minor, left)
        left -= shares[line.public_id]
    await world.do(
        lambda tx: refunds.allocate_external(
            tx, world.desk.manager, refund_id=row.public_id, shares=shares, void_tickets=void
        )
    )


async def refund(world: World, how: str, pick: int) -> None:
    """Refund without a request, or cancel the order."""
    order, manager = await world.desk.shop.order(world.order), world.desk.manager
    if how == "cancel":
        await world.do(
            lambda tx: refunds.cancel_order(tx, manager, order=order.public_id, version=order.version)
        )
        return
    tickets, amount = None, None
    if how == "ticket":
        chosen = _one(await world.desk.tickets(order), pick)
        tickets = [chosen.public_id] if chosen else None
    elif how != "all":
        step = CURRENCIES[order.currency].step
        amount = step if how == "step" else _stepped(world, order.total_minor * (pick + 1) // 10)
    await world.do(
        lambda tx: refunds.refund_order(
            tx, manager, order=order.public_id, version=order.version, tickets=tickets, amount_minor=amount
        )
    )


async def elsewhere(world: World, what: str, pick: int) -> None:
    """Do what is no refund and touches the same tickets and seats."""
    ticket = _one(await world.desk.tickets(world.order), pick)
    assert ticket is not None
    manager, public = world.desk.manager, ticket.public_id
    if what == "buy_seat":
        (event,) = await world.desk.shop.rows(Event)
        kind = _one(await world.desk.shop.rows(TicketType), pick)
        assert kind is not None
        await world.try_to(world.desk.shop.buy(event, {kind.public_id: 1}, platform_account=""))
    elif what == "void":
        await world.do(
            lambda tx: orders.void_ticket(tx, manager, ticket=public, reason="sold on", put_back_on_sale=True)
        )
    elif what == "check_in":
        await world.do(lambda tx: orders.check_in(tx, manager, ticket=public))
    else:
        await world.do(lambda tx: orders.undo_check_in(tx, manager, ticket=public))


async def settle(world: World, pick: int, status: str, *, told: bool) -> None:
    """Move a refund on at Stripe, if it can."""
    stripe = world.desk.stripe
    row = _one([r for r in stripe.refunds.values() if status in _AT_STRIPE.get(r.status, ())], pick)
    if row is None:
        return
    now = stripe.settle(row.refund_id, status, reason="declined" if status == "failed" else "")
    if told:
        await world.tell(now)


async def tell(world: World, pick: int, ago: float) -> None:
    """Handle an event about a refund as it is now."""
    row: RefundSnapshot | None = _one(list(world.desk.stripe.refunds.values()), pick)
    if row is not None:
        await world.tell(row, ago=ago)


async def dashboard(world: World, share: str, first: str, *, told: bool) -> None:
    """Refund at Stripe: all that Stripe has left, an odd amount, or exactly a ticket's price."""
    stripe, intent = world.desk.stripe, world.payment.payment_intent_id
    left = world.payment.captured_minor - sum(r.amount_minor for r in stripe.live())
    amount = {
        "all": left,
        "odd": _stepped(world, left // 3),
        "ticket": min(left, PRICES[world.order.currency][0]),
    }[share]
    if not 0 < amount <= left or stripe.charges[intent].disputed:
        return
    stripe.first_status = first
    made = stripe.refund_in_dashboard(intent, amount)
    if told:
        await world.tell(made)


async def dispute(world: World, status: str) -> None:
    """Open a dispute, or move the one there is on, as one can."""
    was: Any = DisputeStatus.from_stripe(world.dispute_status) if world.dispute_status else None
    opens = status in ("warning_needs_response", "needs_response")
    closed = was in (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.INQUIRY_CLOSED)
    # A payment that was lost once has nothing that could be disputed again.
    may = (
        opens and was is not DisputeStatus.LOST
        if was is None or closed
        else DisputeStatus.from_stripe(status) in EXPECTED_MOVES[was]
    )
    if may:
        await world.dispute(status)


def _stepped(world: World, amount: int) -> int:
    step = CURRENCIES[world.order.currency].step
    return max(amount // step * step, step)
