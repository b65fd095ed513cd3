"""Policies: changed for new orders alone, never over somebody else's change, and tried against what was asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.events.tables import Event
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundPolicy, Tier
from kagibag_app.features.refunds.views.policies import PolicyTrial
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from tests.order_acts import acting_as
from tests.refund_desk import POLICY, Desk

pytest_plugins = ["tests.refund_fixtures"]

GENEROUS = RefundPolicy((Tier(14, 100),), automatic_days_before=14)


async def change(desk: Desk, slug: str, policy: RefundPolicy, *, actor: object = None) -> None:
    """Change a policy as somebody who looks at it now."""
    async with desk.shop.store.read() as session:
        known = await queries.policy_of(session, desk.shop.organizer_id, slug)
    before = known.document if known else {}
    who = actor or desk.manager
    await desk.shop.store.run(
        lambda tx: refunds.change_policy(tx, who, slug=slug, before=before, policy=policy)  # type: ignore[arg-type]
    )


async def trial(desk: Desk, policy: RefundPolicy) -> PolicyTrial:
    """Try a policy on the first event."""
    async with desk.shop.store.read() as session:
        found = await queries.policy_trial(
            session, desk.shop.organizer_id, "harbour-1", policy, now=desk.shop.now
        )
    assert found is not None
    return found


async def test_a_changed_policy_holds_for_orders_that_are_placed_from_then_on(desk: Desk) -> None:
    old = await desk.sell()
    await change(desk, "harbour-1", GENEROUS)
    event, kind = await desk.event_of(old)
    new = await desk.buy(event, kind, 1)
    assert (await desk.ask(old)).status == "open"
    assert (await desk.shop.order(old)).refund_policy == POLICY
    request = await desk.ask(new)
    assert (request.status, request.amount_minor) == ("approved", 3570)
    (entry,) = await desk.shop.rows(AuditEntry, kind="refund_policy_changed")
    assert (entry.actor_name, entry.data["before"], entry.data["after"]["automatic_days_before"]) == (
        "Dana Moreau", POLICY, 14,
    )  # fmt: skip


async def test_a_change_over_somebody_elses_change_is_refused(desk: Desk) -> None:
    await desk.sell()
    await change(desk, "harbour-1", GENEROUS)
    with pytest.raises(DomainError) as refused:
        await desk.shop.store.run(
            lambda tx: refunds.change_policy(
                tx, desk.manager, slug="harbour-1", before=POLICY, policy=RefundPolicy()
            )
        )
    assert refused.value.code == "changed_meanwhile"
    (event,) = await desk.shop.rows(Event)
    assert event.refund_policy == GENEROUS.to_document()


async def test_only_owners_and_managers_of_the_organization_change_its_policies(desk: Desk) -> None:
    await desk.sell()
    for role in (Role.SUPPORT, Role.VIEWER):
        with pytest.raises(Forbidden):
            await change(desk, "harbour-1", GENEROUS, actor=acting_as(desk.manager, role))
    stranger = replace(desk.manager, organizer_id=desk.shop.organizer_id + 1)
    with pytest.raises(NotFound):
        await change(desk, "harbour-1", GENEROUS, actor=stranger)
    with pytest.raises(BadInput):
        await change(desk, "harbour-1", RefundPolicy((Tier(7, 100), Tier(7, 50))))


async def test_a_trial_says_what_another_policy_would_have_decided(desk: Desk) -> None:
    order = await desk.sell(tickets=3)
    first, second, third = await desk.tickets(order)
    early = await desk.ask(order, [first])
    await desk.approve(early, 1000)
    await desk.work()
    again = await desk.ask(order, [second, third])
    assert (early.amount_minor, again.amount_minor) == (3370, 6740)

    same = await trial(desk, RefundPolicy.from_document(POLICY))
    assert (same.requests, same.was_minor, same.now_minor, same.different) == (2, 10110, 10110, 0)
    better = await trial(desk, GENEROUS)
    # What was refunded after it was asked does not count against it; a second request needs a person.
    assert (better.now_minor, better.different, better.at_once, better.was_at_once) == (10710, 2, 1, 0)
    assert [(row.was_minor, row.now_minor) for row in better.rows] == [(6740, 7140), (3370, 3570)]
    nothing = await trial(desk, RefundPolicy())
    assert (nothing.now_minor, nothing.at_once) == (0, 0)
    desk.shop.clock.advance(timedelta(days=366))
    assert (await trial(desk, GENEROUS)).requests == 0
    async with desk.shop.store.read() as session:
        stranger = desk.shop.organizer_id + 1
        assert await queries.policy_trial(session, stranger, "harbour-1", GENEROUS, now=desk.shop.now) is None
        assert await queries.policies(session, stranger) == []


async def test_an_owner_alone_limits_managers_and_it_is_written_down(desk: Desk) -> None:
    owner = acting_as(desk.manager, Role.OWNER)
    with pytest.raises(Forbidden):
        await desk.shop.store.run(lambda tx: accounts.set_manager_limits(tx, desk.manager, limits={"USD": 1}))
    for wrong in ({"USD": -1}, {"KWD": 15}, {"XXX": 10}, {"USD": True}):
        with pytest.raises(DomainError):
            await desk.shop.store.run(lambda tx, w=wrong: accounts.set_manager_limits(tx, owner, limits=w))
    for _ in range(2):
        await desk.shop.store.run(
            lambda tx: accounts.set_manager_limits(tx, owner, limits={"USD": 20000, "EUR": 0})
        )
    (organizer,) = await desk.shop.rows(Organizer)
    assert organizer.manager_refund_limits == {"EUR": 0, "USD": 20000}
    (entry,) = await desk.shop.rows(AuditEntry, kind="refund_limit_changed")
    assert (entry.data["before"], entry.data["after"]) == ({}, {"EUR": 0, "USD": 20000})
