"""What holds between an order, its requests, its refunds and Stripe: at every moment, and once everything settled."""

from __future__ import annotations

from collections import Counter, defaultdict

from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.rules import (
    ACCEPTED,
    IN_FLIGHT,
    REFUND_MOVES,
    REQUEST_MOVES,
    RESERVING,
    RefundSource,
    RefundStatus,
    RequestStatus,
)
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.jobs.audit import check, check_stripe
from kagibag_app.jobs.audit import refunds as money
from kagibag_app.jobs.audit.cancelled import cancelled
from tests.simulation.refund_world import Move, World

_Q, _R = RequestStatus, RefundStatus
TABLES = {
    "refunds": {(old, new) for old, targets in REFUND_MOVES.moves.items() for new in targets},
    "refund_requests": {(old, new) for old, targets in REQUEST_MOVES.moves.items() for new in targets},
}
_MARKED = "SELECT count(*) FROM timeline_entries WHERE unexpected AND kind LIKE 'refund%'"
_ANSWERS = "SELECT request_id, status FROM refunds WHERE request_id IS NOT NULL ORDER BY id"
LAST_RESORT_HOURS = 7.0


def legal(move: Move) -> bool:
    """Say whether a change of a status is in its table."""
    machine, was, became = move
    return (was, became) in TABLES[machine]


async def check_now(world: World) -> None:
    """Assert what holds at every moment: the audit of money, requests and their refunds, moves, Stripe's sum."""
    _stripe_agrees(world)
    if not world.changed():
        return
    _moves(world)
    _requests_agree(world)
    async with world.desk.shop.store.read() as session:
        for found in (
            await money.captured(session),
            await money.lines(session),
            await money.one_at_a_time(session),
            await money.states(session),
            await cancelled(session),
        ):
            assert not found.count, found


def _moves(world: World) -> None:
    """Only what is mirrored from Stripe jumps, and the timeline says that it did."""
    jumps = [move for move in world.moves() if not legal(move)]
    assert all(machine == "refunds" for machine, *_ in jumps), jumps
    (marked,) = world.watch.execute(_MARKED).fetchone()
    assert len(jumps) == marked, jumps


def _requests_agree(world: World) -> None:
    """A request stands where its newest refund does; it never has two that hold money."""
    refunds: dict[int, list[str]] = defaultdict(list)
    for request, status in world.watch.execute(_ANSWERS):
        refunds[request].append(status)
    for key, status in world.watch.execute("SELECT id, status FROM refund_requests"):
        holding = [r for r in refunds[key] if r in RESERVING]
        assert len(holding) <= 1, (status, refunds[key])
        match status:
            case _Q.APPROVED:
                assert set(holding) & IN_FLIGHT, refunds[key]
            case _Q.FULFILLED:
                assert holding == [_R.SUCCEEDED], refunds[key]
            case _Q.SUPERSEDED:
                assert refunds[key][-1:] != [_R.CREATED], refunds[key]
            case _:
                assert not holding, (status, refunds[key])


def _stripe_agrees(world: World) -> None:
    """Stripe never gives back more than it took, and no row of ours is there twice."""
    live = world.desk.stripe.live()
    assert sum(r.amount_minor for r in live) <= world.payment.captured_minor
    named = Counter(r.refund_reference for r in live if r.refund_reference)
    assert max(named.values(), default=0) <= 1


async def check_settled(world: World) -> None:
    """Let Stripe work and every event arrive, then assert that nothing is stuck and the books equal Stripe's."""
    stripe = world.desk.stripe
    stripe.faults, stripe.list_faults, stripe.refusal, stripe.first_status = [], [], "", "succeeded"
    stripe.before_call = stripe.after_call = None
    for _ in range(12):
        await world.later(LAST_RESORT_HOURS)
        rows = await world.desk.shop.rows(Refund)
        if all(r.status not in IN_FLIGHT - ACCEPTED for r in rows):
            break
    for snapshot in list(stripe.refunds.values()):
        await world.tell(snapshot)
    await world.later(LAST_RESORT_HOURS)
    await check_now(world)
    rows = await world.desk.shop.rows(Refund)
    assert not [r for r in rows if r.status in IN_FLIGHT - ACCEPTED], "a refund is stuck"
    assert {r.stripe_refund_id: r.status for r in rows if r.stripe_refund_id} == {
        r.refund_id: r.status for r in stripe.refunds.values()
    }
    order: Order = await world.desk.shop.order(world.order)
    arrived = sum(r.amount_minor for r in stripe.live() if r.status == "succeeded")
    outside = sum(
        r.amount_minor for r in rows if r.source == RefundSource.OUTSIDE_STRIPE and r.status == _R.SUCCEEDED
    )
    assert order.refunded_minor == arrived + outside
    async with world.desk.shop.store.read() as session:
        found = [*await check(session, now=world.desk.shop.now), await check_stripe(world.desk.runtime)]
    assert not [f for f in found if f.count], found
