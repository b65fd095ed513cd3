"""Refunds that a member starts: tickets, amounts, all that is left; what is refused, and what comes of each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import RefundState, Seat, TicketStatus
from kagibag_app.features.orders.tables import LineItem
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.refunds.service import AlreadyDecided
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundTicket
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.kit.actor import attendee
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from kagibag_app.storage.outbox import OutboxRow
from tests.fakes import Fault
from tests.order_acts import WHOLE, acting_as, cancel, options, put, refund, statements
from tests.refund_checks import HOUR, clean, kinds
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]

NO_AMOUNTS = [-1, 0, 7141, 10**30, "1e3", 12.5, float("inf"), True, [1], {"a": 1}]


async def states(desk: Desk, order: Any) -> list[str]:
    """Return the states of an order's tickets."""
    return [t.status for t in await desk.tickets(order)]


async def shares(desk: Desk, made: Refund) -> list[int]:
    """Return how a refund is shared over lines."""
    return [a.amount_minor for a in await desk.shop.rows(RefundAllocation, refund_id=made.id)]


async def test_chosen_tickets_are_reserved_noted_mailed_and_queued_in_one_transaction(desk: Desk) -> None:
    order = await desk.sell(tickets=3)
    first, second, _ = await desk.tickets(order)
    made = await refund(desk, order, [first, second], message="Sorry!", note="She called twice.")
    assert (made.source, made.status, made.amount_minor) == (RefundSource.ADMIN, RefundStatus.CREATED, 7140)
    assert made.requested_by == "Dana Moreau"
    assert await shares(desk, made) == [3570, 3570]
    assert (await desk.payment(order)).committed_minor == 7140
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [True, True, False]
    now = await desk.shop.order(order)
    assert (now.refund_state, now.version) == (RefundState.PENDING, order.version + 2)
    entries = await desk.shop.rows(TimelineEntry, order_id=order.id)
    (started,) = [e for e in entries if e.kind == "refund_started"]
    assert started.data["tickets"] == [first.code, second.code]
    assert (started.actor_name, started.data["message"]) == ("Dana Moreau", "Sorry!")
    (noted,) = [e for e in entries if e.kind == "note_added"]
    assert noted.data["message"] == "She called twice."
    (mail,) = await desk.mails(Template.REFUND_STARTED)
    assert (mail.recipient, mail.params["amount_minor"]) == (order.buyer_email, 7140)
    assert "She called twice." not in str(mail.params)
    (job,) = await desk.shop.rows(OutboxRow, kind="send_refund")
    assert (job.dedupe_key, job.lane) == (made.public_id, f"refund:{made.payment_id}")
    assert {f"order:{order.id}", f"org:{order.organizer_id}:orders"} <= set(desk.shop.topics)
    await clean(desk)


async def test_chosen_tickets_end_when_stripe_accepts_and_the_others_stay(desk: Desk) -> None:
    order = await desk.sell(tickets=3)
    (first, *_) = await desk.tickets(order)
    desk.stripe.first_status = "pending"
    await refund(desk, order, [first])
    await desk.work()
    assert await states(desk, order) == [TicketStatus.VOID, TicketStatus.VALID, TicketStatus.VALID]
    lines = await desk.shop.rows(LineItem, order_id=order.id)
    assert [line.seat for line in lines] == [Seat.RELEASED, Seat.SOLD, Seat.SOLD]
    assert await desk.mails(Template.REFUNDED) == []
    desk.stripe.settle("re_0001", "succeeded")
    await desk.tell(desk.stripe.refunds["re_0001"])
    assert (await desk.shop.order(order)).refund_state == RefundState.PARTIAL
    assert len(await desk.mails(Template.REFUNDED)) == 1
    await clean(desk)


async def test_seats_stay_off_sale_where_the_policy_says_so(desk: Desk) -> None:
    order = await desk.sell(policy=WHOLE | {"put_back_on_sale": False})
    await refund(desk, order)
    await desk.work()
    assert {line.seat for line in await desk.shop.rows(LineItem, order_id=order.id)} == {Seat.SOLD}
    assert (await options(desk, order)).puts_back is False


async def test_an_amount_is_shared_by_what_is_left_and_leaves_every_ticket(desk: Desk) -> None:
    order = await desk.sell(tickets=3, price=1000)
    made = await refund(desk, order, amount_minor=1001)
    assert await shares(desk, made) == [334, 334, 333]
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [False] * 3
    await desk.work()
    assert await states(desk, order) == [TicketStatus.VALID] * 3
    again = await refund(desk, order, (await desk.tickets(order))[:1])
    assert again.amount_minor == 666
    await desk.work()
    rest = await refund(desk, order)
    assert (rest.amount_minor, await shares(desk, rest)) == (1333, [666, 667])
    await desk.work()
    assert await states(desk, order) == [TicketStatus.VOID] * 3
    assert (await desk.shop.order(order)).refund_state == RefundState.FULL
    await clean(desk)


async def test_an_amount_that_is_all_that_is_left_ends_every_ticket(desk: Desk) -> None:
    order = await desk.sell()
    await refund(desk, order, amount_minor=7140)
    await desk.work()
    assert await states(desk, order) == [TicketStatus.VOID] * 2
    await clean(desk)


async def test_a_goodwill_amount_that_is_accepted_last_ends_no_ticket(desk: Desk) -> None:
    """It was about no ticket, although by then another refund has taken what it had left."""
    order = await desk.sell()
    (first, second) = await desk.tickets(order)
    goodwill = await refund(desk, order, amount_minor=1000)
    desk.stripe.faults = [Fault.UNREACHABLE]
    await desk.work()
    assert (await desk.refund(goodwill.public_id)).status == RefundStatus.CREATED
    await refund(desk, order, [first])
    await desk.work()
    await desk.later(HOUR)
    assert await states(desk, order) == [TicketStatus.VOID, TicketStatus.VALID]
    assert second.status == TicketStatus.VALID
    await clean(desk)


async def test_tickets_are_usable_again_when_stripe_refuses_and_a_retry_ends_them(desk: Desk) -> None:
    order = await desk.sell()
    (first, _) = await desk.tickets(order)
    made = await refund(desk, order, [first])
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [False, False]
    (mail,) = await desk.mails(Template.REFUND_FAILED)
    assert mail.params["request_public_id"] == ""
    assert "cancel" not in mail.params["reason"]
    desk.stripe.refusal = ""
    await desk.shop.store.run(lambda tx: refunds.retry_refund(tx, desk.manager, refund_id=made.public_id))
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [True, False]
    await desk.work()
    assert await states(desk, order) == [TicketStatus.VOID, TicketStatus.VALID]
    await clean(desk)


async def test_its_tickets_stay_void_and_may_be_revived_when_the_bank_returns_the_money(desk: Desk) -> None:
    order = await desk.sell(tickets=3)
    first, second, third = await desk.tickets(order)
    await refund(desk, order, [first])
    await desk.work()
    await refund(desk, order, [second, third])
    await desk.work()
    await desk.tell(desk.stripe.settle("re_0002", "failed", reason="declined"))
    assert await states(desk, order) == [TicketStatus.VOID] * 3
    async with desk.shop.store.read() as session:
        may = await queries.revivable_lines(session, await desk.shop.order(order))
    assert [line.ticket.id for line in may] == [second.id, third.id]
    assert (await options(desk, order)).limit_minor == 7140
    await clean(desk)


async def test_a_new_key_after_a_day_of_silence_still_ends_the_tickets(desk: Desk) -> None:
    order = await desk.sell()
    (first, _) = await desk.tickets(order)
    desk.stripe.faults = [Fault.TIMEOUT_BEFORE] * 20
    await refund(desk, order, [first])
    await desk.work()
    for _ in range(13):
        await desk.later(2 * HOUR)
    desk.stripe.faults = []
    await desk.later(HOUR)
    (gone, second) = await desk.shop.rows(Refund)
    assert (gone.failure_code, second.retry_of, second.status) == (
        "never_reached_stripe",
        gone.id,
        "succeeded",
    )
    assert await states(desk, order) == [TicketStatus.VOID, TicketStatus.VALID]
    await clean(desk)


async def test_the_organizer_is_told_when_a_refund_at_stripe_takes_the_place_of_an_unsent_one(
    desk: Desk,
) -> None:
    order = await desk.sell()
    made = await refund(desk, order)
    payment = await desk.payment(order)
    await desk.tell(desk.stripe.refund_in_dashboard(payment.payment_intent_id, 1000))
    assert (await desk.refund(made.public_id)).status == RefundStatus.CANCELED
    (mail,) = await desk.mails(Template.REFUND_FAILED)
    assert "made at Stripe" in mail.params["reason"]
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [False, False]
    assert (await refund(desk, order)).amount_minor == 6140
    await desk.work()
    await clean(desk)


async def test_money_of_a_void_ticket_can_still_go_back(desk: Desk) -> None:
    order, _, _ = await desk.approved()
    await desk.work()
    choice = (await options(desk, order)).tickets[0]
    assert (choice.status, choice.refundable_minor, choice.selectable) == (TicketStatus.VOID, 200, True)
    made = await refund(desk, order, (await desk.tickets(order))[:1])
    assert made.amount_minor == 200
    assert await desk.shop.rows(RefundTicket) == []
    await desk.work()
    await clean(desk)


async def test_a_waiting_request_is_closed_when_stripe_has_accepted_and_not_before(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    assert [t.requested for t in (await options(desk, order)).tickets] == [True, False]
    await refund(desk, order, (await desk.tickets(order))[:1])
    assert (await desk.request(request.public_id)).status == RequestStatus.OPEN
    async with desk.shop.store.read() as session:
        detail = await queries.request_detail(
            session, order.organizer_id, request.public_id, now=desk.shop.now
        )
    assert detail is not None
    assert (detail.may_decide, detail.blocked[:26]) == (False, "What was paid for these ti")
    with pytest.raises(DomainError) as refused:
        await desk.approve(request)
    assert (refused.value.code, "on its way" in refused.value.message) == ("refund_exceeds_remaining", True)
    desk.stripe.first_status = "pending"
    await desk.work()
    assert (await desk.request(request.public_id)).status == RequestStatus.SUPERSEDED
    assert "refund_superseded" in await kinds(desk, order.id)
    await clean(desk)


async def test_a_waiting_request_can_still_be_approved_when_stripe_refused(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await refund(desk, order, (await desk.tickets(order))[:1])
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    desk.stripe.refusal = ""
    assert (await desk.request(request.public_id)).status == RequestStatus.OPEN
    await desk.approve(request)
    await desk.work()
    assert (await desk.request(request.public_id)).status == RequestStatus.FULFILLED
    await clean(desk)


async def test_a_waiting_request_is_closed_when_all_its_tickets_were_made_void(desk: Desk) -> None:
    order = await desk.sell()
    first, second = await desk.tickets(order)
    request = await desk.ask(order, [first, second])
    for ticket, status in ((first, RequestStatus.OPEN), (second, RequestStatus.SUPERSEDED)):
        await desk.shop.store.run(
            lambda tx, t=ticket: orders.void_ticket(
                tx, desk.manager, ticket=t.public_id, reason="Sold on", put_back_on_sale=True
            )
        )
        await desk.work()
        assert (await desk.request(request.public_id)).status == status
    assert (await refund(desk, order)).amount_minor == 7140
    await desk.work()
    await desk.tell(desk.stripe.settle("re_0001", "failed", reason="declined"))
    assert await states(desk, order) == [TicketStatus.VOID] * 2
    await clean(desk)


async def test_the_door_and_a_void_wait_for_a_refund_that_is_on_its_way(desk: Desk) -> None:
    order = await desk.sell()
    (ticket, _) = await desk.tickets(order)
    await refund(desk, order, [ticket])

    async def enter() -> None:
        await desk.shop.store.run(lambda tx: orders.check_in(tx, desk.manager, ticket=ticket.public_id))

    with pytest.raises(DomainError) as shut:
        await enter()
    assert shut.value.code == "refund_in_progress"
    with pytest.raises(DomainError) as refused:
        await desk.shop.store.run(
            lambda tx: orders.void_ticket(
                tx, desk.manager, ticket=ticket.public_id, reason="x", put_back_on_sale=True
            )
        )
    assert refused.value.code == "refund_in_progress"
    desk.stripe.refusal = "balance_insufficient"
    await desk.work()
    await enter()
    assert await states(desk, order) == [TicketStatus.CHECKED_IN, TicketStatus.VALID]
    await clean(desk)


async def test_a_ticket_of_an_approved_request_is_not_refunded_beside_it(desk: Desk) -> None:
    order, _, _ = await desk.approved()
    first, second = (await options(desk, order)).tickets
    assert (first.selectable, first.why_not) == (False, "a refund of it is in progress.")
    assert second.selectable
    with pytest.raises(DomainError) as refused:
        await refund(desk, order, (await desk.tickets(order))[:1])
    assert refused.value.code == "ticket_not_refundable"
    assert "a refund of it is in progress" in refused.value.message
    rest = await refund(desk, order)
    assert rest.amount_minor == 3770
    (named,) = await desk.shop.rows(RefundTicket)
    assert named.ticket_id == (await desk.tickets(order))[1].id
    await desk.work()
    await clean(desk)


async def test_what_forbids_a_refund_is_said_before_the_click_and_after_it(desk: Desk) -> None:
    free, unpaid, disputed, lost, empty, moving = (
        await desk.sell_free(), await desk.sell_unpaid(), await desk.sell(), await desk.sell(), await desk.sell(),
        await desk.sell(),
    )  # fmt: skip
    await desk.dispute(disputed)
    await put(desk, lost, dispute_state="lost")
    await refund(desk, empty)
    await desk.work()
    await refund(desk, moving)
    for order, code in (
        (free, "nothing_was_paid"), (unpaid, "order_not_paid"), (disputed, "charge_disputed"), (lost, "charge_lost"),
        (empty, "nothing_left"), (moving, "nothing_left"),
    ):  # fmt: skip
        shown = await options(desk, order)
        with pytest.raises(DomainError) as refused:
            await refund(desk, order)
        assert (refused.value.code, refused.value.message) == (code, shown.blocked)
        assert (shown.may_refund, shown.limit_minor) == (False, 0)
        assert not any(t.selectable for t in shown.tickets)
    assert "went back" in (await options(desk, empty)).blocked
    assert "on its way" in (await options(desk, moving)).blocked


WRONG: list[dict[str, Any]] = [
    *({"tickets": None, "amount_minor": amount} for amount in NO_AMOUNTS),
    {"tickets": []}, {"tickets": "tk_1"}, {"tickets": [1]}, {"tickets": ["tk_unknown"]}, {"tickets": ["x"] * 201},
    {"amount_minor": 5}, {"message": 5}, {"message": "x" * 2001}, {"note": "x" * 2001},
    {"version": "3"}, {"version": True}, {"version": None}, {"version": 10**9}, {"order": "or_unknown"},
    {"order": None}, {"order": ["x"]},
]  # fmt: skip


async def test_attack_8_what_can_not_be_refunded_is_refused_in_a_sentence(desk: Desk) -> None:
    order = await desk.sell()
    good = {
        "order": order.public_id, "version": order.version, "amount_minor": None,
        "tickets": [t.public_id for t in await desk.tickets(order)],
    }  # fmt: skip
    for wrong in WRONG:
        fields: dict[str, Any] = good | wrong
        with pytest.raises(DomainError) as refused:
            await desk.shop.store.run(lambda tx, f=fields: refunds.refund_order(tx, desk.manager, **f))
        assert refused.value.message.endswith("."), wrong
    assert await desk.shop.rows(Refund) == []


async def test_amounts_keep_the_step_of_their_currency(desk: Desk) -> None:
    dinars = await desk.sell(currency="KWD", price=12500, policy=WHOLE)
    assert (await options(desk, dinars)).step_minor == 10
    with pytest.raises(BadInput) as refused:
        await refund(desk, dinars, amount_minor=12345)
    assert refused.value.code == "amount_step"
    assert await shares(desk, await refund(desk, dinars, amount_minor=12350)) == [6180, 6170]
    yen = await desk.sell(currency="JPY", price=3201, policy=WHOLE)
    assert await shares(desk, await refund(desk, yen, amount_minor=6401)) == [3201, 3200]
    await desk.work()
    assert (await refund(desk, yen)).amount_minor == 1
    await desk.work()
    await clean(desk)


async def test_a_ticket_of_another_order_is_not_found(desk: Desk) -> None:
    order, other = await desk.sell(), await desk.sell()
    with pytest.raises(NotFound):
        await refund(desk, order, await desk.tickets(other))


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_only_who_decides_about_money_refunds(desk: Desk, role: Role) -> None:
    order = await desk.sell()
    for actor in (acting_as(desk.manager, role), attendee(order.organizer_id, "Maren")):
        with pytest.raises(Forbidden):
            await refund(desk, order, actor=actor)


async def test_another_organizers_order_is_not_found(desk: Desk) -> None:
    order = await desk.sell()
    stranger = replace(acting_as(desk.manager, Role.OWNER), organizer_id=order.organizer_id + 1)
    for act in (refund, cancel):
        with pytest.raises(NotFound):
            await act(desk, order, actor=stranger)
    async with desk.shop.store.read() as session:
        assert await queries.refund_options(session, order.organizer_id + 1, order.id) is None
        assert await queries.refund_options(session, order.organizer_id, order.id + 100) is None


async def test_fault_21_of_two_members_who_refund_at_once_one_reads_what_the_other_did(desk: Desk) -> None:
    order = await desk.sell()
    await refund(desk, order, amount_minor=100)
    await desk.work()
    version = (await desk.shop.order(order)).version
    answers = await asyncio.gather(
        *(refund(desk, order, amount_minor=1000, version=version) for _ in range(2)), return_exceptions=True
    )
    (late,) = [a for a in answers if isinstance(a, AlreadyDecided)]
    assert late.message.startswith("Dana Moreau was first, on ")
    assert "Refund of $10.00 started. Nothing was changed by you" in late.message
    assert len([a for a in answers if isinstance(a, Refund)]) == 1
    assert (await desk.payment(order)).committed_minor == 1100
    await clean(desk)


async def test_fault_21_a_refund_and_an_approval_at_once_never_pass_what_was_captured(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await asyncio.gather(desk.approve(request), refund(desk, order), return_exceptions=True)
    assert (await desk.payment(order)).committed_minor <= 7140
    await desk.work()
    await clean(desk)


async def test_the_options_cost_four_statements_whatever_the_order(desk: Desk) -> None:
    order, _, _ = await desk.approved(tickets=6)
    async with statements(desk) as seen:
        shown = await options(desk, order)
    assert len(seen) == 4
    assert [t.refundable_minor for t in shown.tickets] == [200] + [3570] * 5
    assert (shown.limit_minor, shown.method, shown.checked_in) == (18050, "Visa •••• 4242", 0)
    await desk.check_in(order)
    assert (await options(desk, order)).checked_in == 1
