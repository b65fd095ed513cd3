"""More than a manager may give back alone: it waits for another person, and the buyer learns nothing before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Membership, Organizer, User
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.rules import OrderStatus, TicketStatus
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.queries import attendee_refunds
from kagibag_app.features.refunds.rules import RefundSource, RequestStatus
from kagibag_app.features.refunds.service import AlreadyDecided, CancelOutcome
from kagibag_app.features.refunds.tables import Refund, RefundNote, RefundRequest
from kagibag_app.features.refunds.views import AttendeeRefunds
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import DomainError, Forbidden
from kagibag_app.kit.ids import public_id
from tests.order_acts import WHOLE, acting_as, cancel
from tests.order_acts import refund as refund_now
from tests.refund_checks import clean, kinds, one_refund
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def limit(desk: Desk, minor: int, currency: str = "USD") -> None:
    """Let the owner have said what a manager may give back alone."""
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(Organizer).values(manager_refund_limits={currency: minor}))


async def second(desk: Desk, role: Role = Role.MANAGER, name: str = "Ada Lind") -> Actor:
    """Take somebody on."""
    async with desk.shop.store.transaction() as tx:
        email = f"{name.split()[0].lower()}@lanternrow.example"
        user = User(public_id=public_id("usr"), email=email, name=name, password_hash="-", created_at=tx.now)
        tx.session.add(user)
        await tx.session.flush()
        tx.session.add(
            Membership(
                organizer_id=desk.shop.organizer_id, user_id=user.id or 0, role=role, created_at=tx.now
            )
        )
    return Actor(ActorKind.MEMBER, desk.shop.organizer_id, user.id, role, name)


async def approve(desk: Desk, actor: Actor, request: RefundRequest, amount: Any = None, **more: Any) -> str:
    """Approve as somebody who looks at the request now."""
    now = await desk.request(request.public_id)
    fields = {"request_id": now.public_id, "version": now.version, "amount_minor": amount} | more
    return await desk.shop.store.run(lambda tx: refunds.approve(tx, actor, **fields))


async def send_back(desk: Desk, actor: Actor, request: RefundRequest) -> None:
    """Take a first approval back as somebody who looks at the request now."""
    now = await desk.request(request.public_id)
    await desk.shop.store.run(
        lambda tx: refunds.send_back(tx, actor, request_id=now.public_id, version=now.version)
    )


async def page(desk: Desk, order: Order) -> AttendeeRefunds:
    """Return what the buyer sees."""
    async with desk.shop.store.read() as session:
        found = await attendee_refunds(session, order.organizer_id, order.id, now=desk.shop.now)
    assert found is not None
    return found


async def waiting(desk: Desk) -> tuple[Order, RefundRequest]:
    """A request that the manager approved first."""
    await limit(desk, 3000)
    order = await desk.sell()
    request = await desk.ask(order)
    assert (
        await approve(desk, desk.manager, request, 3300, message="Get well.", note="Doctor's letter.") == ""
    )
    return order, await desk.request(request.public_id)


async def begun(desk: Desk, order: Order, **fields: Any) -> RefundRequest:
    """Let the manager begin a refund that is too much for one."""
    base = {
        "order": order.public_id,
        "version": (await desk.shop.order(order)).version,
        "tickets": None,
        "amount_minor": None,
    }
    made = await desk.shop.store.run(lambda tx: refunds.refund_order(tx, desk.manager, **(base | fields)))
    assert made == ""
    (request,) = await desk.shop.rows(RefundRequest, order_id=order.id, status="awaiting_second")
    return request


async def test_a_manager_gives_up_to_the_limit_alone_and_an_owner_any_amount(desk: Desk) -> None:
    await limit(desk, 3370)
    _, _, refund = await desk.approved()
    assert refund.alone_by_id == desk.manager.user_id
    owner = acting_as(desk.manager, Role.OWNER)
    order = await desk.sell(price=100000)
    assert (await refund_now(desk, order, actor=owner)).amount_minor == 200000
    other = await desk.sell(currency="JPY", price=900000, policy=WHOLE)
    assert (await refund_now(desk, other)).amount_minor == 1800000


async def test_more_than_the_limit_waits_and_the_buyer_sees_and_hears_nothing(desk: Desk) -> None:
    helper = await second(desk)
    order, request = await waiting(desk)
    assert (request.status, request.approved_minor, request.decided_at) == (
        RequestStatus.AWAITING_SECOND,
        None,
        None,
    )
    assert (request.proposal["by"], request.proposal["amount_minor"]) == ("Dana Moreau", 3300)
    assert [n.text for n in await desk.shop.rows(RefundNote)] == ["Doctor's letter."]
    assert await desk.shop.rows(Refund) == []
    assert (await desk.payment(order)).committed_minor == 0
    assert not any(t.refund_in_progress for t in await desk.tickets(order))
    (card,) = (await page(desk, order)).cards
    assert (card.may_withdraw, card.answer, card.amount_minor) == (True, "", 3370)
    assert [step.state for step in card.steps] == ["done", "now", "todo", "todo"]
    assert await desk.mails(Template.REFUND_APPROVED) == []
    (mail,) = await desk.mails(Template.REFUND_AWAITS_SECOND)
    assert (mail.recipient, mail.params["by"]) == ("ada@lanternrow.example", "Dana Moreau")

    made = await desk.refund(await approve(desk, helper, request))
    assert (made.amount_minor, made.alone_by_id, made.source) == (3300, None, RefundSource.REQUEST)
    decided = await desk.request(request.public_id)
    assert (decided.status, decided.decided_by, decided.decision_message) == (
        "approved",
        "Ada Lind",
        "Get well.",
    )
    (mail,) = await desk.mails(Template.REFUND_APPROVED)
    assert mail.params["message"] == "Get well."
    await desk.work()
    await one_refund(desk, made)
    told = await kinds(desk, order.id)
    assert told.index("refund_first_approved") < told.index("refund_approved")


async def test_nobody_confirms_what_they_approved_themselves_in_whatever_role(desk: Desk) -> None:
    _, request = await waiting(desk)
    for actor in (desk.manager, acting_as(desk.manager, Role.OWNER)):
        with pytest.raises(DomainError) as refused:
            await approve(desk, actor, request)
        assert refused.value.code == "second_person_needed"
    for role in (Role.SUPPORT, Role.VIEWER):
        other = await second(desk, role, f"{role.title()} Person")
        with pytest.raises(Forbidden):
            await approve(desk, other, request)
        with pytest.raises(Forbidden):
            await send_back(desk, other, request)
    assert await desk.shop.rows(Refund) == []


async def test_a_second_manager_confirms_that_or_less_and_an_owner_more(desk: Desk) -> None:
    helper, owner = await second(desk), await second(desk, Role.OWNER, "Olu Bell")
    _, request = await waiting(desk)
    with pytest.raises(DomainError) as refused:
        await approve(desk, helper, request, 3301)
    assert refused.value.code == "above_first_approval"
    assert (await desk.refund(await approve(desk, helper, request, 3100))).amount_minor == 3100
    _, other = await waiting(desk)
    assert (await desk.refund(await approve(desk, owner, other, 3570))).amount_minor == 3570


async def test_a_first_approval_can_be_taken_back_declined_and_overtaken_by_the_buyer(desk: Desk) -> None:
    helper = await second(desk)
    order, request = await waiting(desk)
    await send_back(desk, desk.manager, request)
    again = await desk.request(request.public_id)
    assert (again.status, again.proposal) == (RequestStatus.OPEN, {})
    with pytest.raises(AlreadyDecided):
        await send_back(desk, desk.manager, request)
    assert await approve(desk, desk.manager, request, 3300) == ""
    await desk.decline(await desk.request(request.public_id))
    assert (await desk.request(request.public_id)).status == RequestStatus.DECLINED
    with pytest.raises(AlreadyDecided):
        await send_back(desk, helper, request)

    _, other = await waiting(desk)
    await desk.shop.store.run(lambda tx: refunds.withdraw(tx, desk.buyer, request_id=other.public_id))
    with pytest.raises(AlreadyDecided):
        await approve(desk, helper, other)
    assert await desk.shop.rows(Refund) == []
    await clean(desk)
    assert "refund_not_confirmed" in await kinds(desk, order.id)


async def test_fault_21_of_two_who_confirm_at_once_one_is_told_about_the_other(desk: Desk) -> None:
    helper, owner = await second(desk), await second(desk, Role.OWNER, "Olu Bell")
    _, request = await waiting(desk)
    fields = {"request_id": request.public_id, "version": request.version, "amount_minor": None}
    answers = await asyncio.gather(
        *(
            desk.shop.store.run(lambda tx, a=actor: refunds.approve(tx, a, **fields))
            for actor in (helper, owner)
        ),
        return_exceptions=True,
    )
    (late,) = [a for a in answers if isinstance(a, AlreadyDecided)]
    assert " approved $33.00 of this request on " in late.message
    assert len(await desk.shop.rows(Refund)) == 1


async def test_who_comes_after_a_first_approval_reads_who_gave_it(desk: Desk) -> None:
    helper = await second(desk)
    _, request = await waiting(desk)
    stale = {"request_id": request.public_id, "version": request.version - 1, "amount_minor": None}
    with pytest.raises(AlreadyDecided) as refused:
        await desk.shop.store.run(lambda tx: refunds.approve(tx, helper, **stale))
    assert refused.value.message.startswith("Dana Moreau approved $33.00 of this request on ")
    assert "it waits for a second person" in refused.value.message


async def test_two_halves_of_a_large_refund_are_no_less(desk: Desk) -> None:
    await limit(desk, 3000)
    order = await desk.sell()
    await refund_now(desk, order, amount_minor=2000)
    request = await begun(desk, order, amount_minor=1001)
    assert request.amount_minor == 1001
    # Another manager has a limit of their own, and what failed counts for nobody.
    helper = await second(desk)
    await refund_now(desk, order, amount_minor=1001, actor=helper)
    await desk.work()
    await clean(desk)


async def test_a_refund_that_a_manager_begins_waits_as_a_request_that_the_buyer_does_not_see(
    desk: Desk,
) -> None:
    helper = await second(desk)
    await limit(desk, 3000)
    order = await desk.sell()
    first, other = await desk.tickets(order)
    request = await begun(
        desk, order, tickets=[first.public_id], message="Sorry for the noise.", note="As promised."
    )
    assert (request.made_by, request.amount_minor) == ("Dana Moreau", 3570)
    assert (await page(desk, order)).cards == []
    assert all(t.selectable for t in (await page(desk, order)).options.tickets)
    # The buyer may ask for the very ticket meanwhile.
    asked = await desk.ask(order, [first])
    made = await desk.refund(await approve(desk, helper, request))
    assert (made.source, made.amount_minor, made.alone_by_id) == (RefundSource.ADMIN, 3570, None)
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [True, False]
    (mail,) = await desk.mails(Template.REFUND_STARTED)
    assert (mail.params["tickets"], mail.params["message"]) == ([first.code], "Sorry for the noise.")
    await desk.work()
    await one_refund(desk, made)
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VOID, TicketStatus.VALID]
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    assert (await desk.request(asked.public_id)).status == RequestStatus.SUPERSEDED
    cards = (await page(desk, order)).cards
    assert [(c.asked_for, c.amount_minor) for c in cards] == [(False, 3570), (True, 3370)]
    assert other.code not in str(mail.params["tickets"])


async def test_an_amount_that_waits_ends_no_ticket_and_is_closed_when_nothing_is_left(desk: Desk) -> None:
    helper, owner = await second(desk), await second(desk, Role.OWNER, "Olu Bell")
    await limit(desk, 3000)
    order = await desk.sell()
    request = await begun(desk, order, amount_minor=5000)
    made = await desk.refund(await approve(desk, helper, request))
    await desk.work()
    assert [t.status for t in await desk.tickets(order)] == [TicketStatus.VALID] * 2
    await one_refund(desk, made)
    await limit(desk, 1000)
    rest = await begun(desk, order, amount_minor=2000)
    await refund_now(desk, order, actor=owner)
    await desk.work()
    assert (await desk.request(rest.public_id)).status == RequestStatus.SUPERSEDED
    await clean(desk)


async def test_a_refund_that_was_begun_can_be_declined_without_a_word_to_the_buyer(desk: Desk) -> None:
    helper = await second(desk)
    await limit(desk, 3000)
    order = await desk.sell()
    for end in ("decline", "send_back"):
        request = await begun(desk, order)
        if end == "decline":
            fields = {"request_id": request.public_id, "version": request.version, "message": "Not for this."}
            await desk.shop.store.run(lambda tx, f=fields: refunds.decline(tx, helper, **f))
        else:
            await send_back(desk, desk.manager, request)
        assert not (await desk.request(request.public_id)).decision_message or end == "decline"
    assert await desk.mails(Template.REFUND_DECLINED) == []
    assert (await page(desk, order)).cards == []
    assert "refund_declined" not in await kinds(desk, order.id)
    await clean(desk)


async def test_cancelling_for_more_than_the_limit_waits_and_then_cancels(desk: Desk) -> None:
    helper = await second(desk)
    await limit(desk, 3000)
    order = await desk.sell()
    assert await cancel(desk, order) is CancelOutcome.WAITING
    assert (await desk.shop.order(order)).cancel_message == ""
    (request,) = await desk.shop.rows(RefundRequest)
    made = await desk.refund(await approve(desk, helper, request))
    assert made.cancels_order
    await desk.work()
    now = await desk.shop.order(order)
    assert (now.status, now.cancel_message) == (OrderStatus.CANCELLED, "The hall was flooded.")
    await one_refund(desk, made)


async def test_a_cancellation_is_confirmed_for_what_is_left_by_then(desk: Desk) -> None:
    helper = await second(desk)
    await limit(desk, 3000)
    order = await desk.sell()
    assert await cancel(desk, order) is CancelOutcome.WAITING
    (request,) = await desk.shop.rows(RefundRequest)
    await refund_now(desk, order, amount_minor=1000)
    with pytest.raises(DomainError) as refused:
        await approve(desk, helper, request)
    assert refused.value.code == "refund_in_progress"
    await desk.work()
    assert (await desk.refund(await approve(desk, helper, request))).amount_minor == 6140
    await desk.work()
    assert (await desk.shop.order(order)).status == OrderStatus.CANCELLED
    await clean(desk)


async def test_a_confirmed_refund_that_fails_is_retried_without_a_new_second_person(desk: Desk) -> None:
    helper = await second(desk)
    await limit(desk, 3000)
    order = await desk.sell()
    request = await begun(desk, order)
    await approve(desk, helper, request)
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    assert (await desk.request(request.public_id)).status == RequestStatus.FAILED
    desk.stripe.refusal = ""
    retried = await desk.retry(request)
    assert (retried.amount_minor, retried.alone_by_id) == (7140, None)
    await desk.work()
    assert {t.status for t in await desk.tickets(order)} == {TicketStatus.VOID}
    await clean(desk)
