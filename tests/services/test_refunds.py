"""Requests and decisions: what buyers may ask, what members may decide, and what follows at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.rules import RefundState
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundStatus, RequestStatus
from kagibag_app.features.refunds.service import AlreadyDecided
from kagibag_app.features.refunds.tables import Refund, RefundAllocation, RefundNote, RefundRequest
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from kagibag_app.storage.outbox import OutboxRow
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def test_a_request_keeps_what_the_policy_gave_when_it_was_asked(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    assert (request.status, request.amount_minor, request.currency) == (RequestStatus.OPEN, 3370, "USD")
    assert request.outcome["rule"].endswith("100 % less $2.00 a ticket.")
    (mail,) = await desk.mails(Template.REFUND_REQUESTED)
    assert mail.recipient == "dana@lanternrow.example"
    assert mail.params["request"] == {
        "public_id": request.public_id, "amount_minor": 3370, "category": "cannot_attend",
        "reason_text": "My shift moved.", "tickets": 1,
    }  # fmt: skip


async def test_a_buyer_may_still_ask_when_the_policy_gives_nothing(desk: Desk) -> None:
    request = await desk.ask(await desk.sell(days=2))
    assert request.amount_minor == 0
    with pytest.raises(BadInput) as refused:
        await desk.approve(request)
    assert refused.value.code == "amount_not_positive"
    assert (await desk.approve(request, 1500)).amount_minor == 1500


async def test_a_second_click_asks_once(desk: Desk) -> None:
    order = await desk.sell()
    answers = await asyncio.gather(desk.ask(order), desk.ask(order), return_exceptions=True)
    (error,) = [a for a in answers if isinstance(a, DomainError)]
    assert error.code == "ticket_already_requested"
    assert "Nothing was asked twice" in error.message
    assert len(await desk.shop.rows(RefundRequest)) == 1


async def test_approval_reserves_mails_and_queues_in_one_transaction(desk: Desk) -> None:
    order, request, refund = await desk.approved()
    assert (request.status, request.decided_by, request.version) == (RequestStatus.APPROVED, "Dana Moreau", 2)
    assert (refund.status, refund.amount_minor, refund.tries) == (RefundStatus.CREATED, 3370, 0)
    assert refund.idempotency_key == f"refund-{refund.public_id}"
    assert (await desk.payment(order)).committed_minor == 3370
    assert [t.refund_in_progress for t in await desk.tickets(order)] == [True, False]
    assert (await desk.shop.order(order)).refund_state == RefundState.PENDING
    assert len(await desk.mails(Template.REFUND_APPROVED)) == 1
    (job,) = await desk.shop.rows(OutboxRow, kind="send_refund")
    assert (job.dedupe_key, job.lane, job.lane_limit) == (refund.public_id, f"refund:{refund.payment_id}", 1)


async def test_another_amount_is_split_over_the_lines_by_what_is_left_of_each(desk: Desk) -> None:
    order = await desk.sell(tickets=3, price=1000)
    request = await desk.ask(order, await desk.tickets(order))
    refund = await desk.approve(request, 1001)
    parts = await desk.shop.rows(RefundAllocation, refund_id=refund.id)
    assert [p.amount_minor for p in parts] == [334, 334, 333]


@pytest.mark.parametrize(
    "amount", [-1, 0, 7141, 10**30, "1e3", "33.70", 12.5, float("inf"), True, [1], {"a": 1}]
)
async def test_attack_8_an_amount_that_is_none_is_refused(desk: Desk, amount: Any) -> None:
    request = await desk.ask(await desk.sell())
    with pytest.raises(DomainError):
        await desk.approve(request, amount)
    assert (await desk.request(request.public_id)).status == RequestStatus.OPEN
    assert await desk.shop.rows(Refund) == []


async def test_attack_8_an_amount_between_the_steps_of_its_currency_is_refused(desk: Desk) -> None:
    order = await desk.sell(
        currency="KWD", price=12500, policy={"tiers": [{"days_before": 14, "percent": 100}]}
    )
    request = await desk.ask(order)
    with pytest.raises(BadInput) as refused:
        await desk.approve(request, 12345)
    assert refused.value.code == "amount_step"
    assert (await desk.approve(request, 12340)).amount_minor == 12340


async def test_attack_8_a_refund_of_a_free_order_is_refused(desk: Desk) -> None:
    order = await desk.sell_free()
    with pytest.raises(DomainError) as refused:
        await desk.ask(order)
    assert refused.value.code == "nothing_was_paid"


async def test_attack_8_a_refund_of_an_unpaid_order_is_refused(desk: Desk) -> None:
    order = await desk.sell_unpaid()
    with pytest.raises(DomainError) as refused:
        await desk.ask(order, [], ticket_ids=["tk_none"])
    assert refused.value.code == "order_not_paid"


async def test_attack_8_a_refund_of_a_refunded_ticket_is_refused(desk: Desk) -> None:
    order, _, _ = await desk.approved()
    await desk.work()
    with pytest.raises(DomainError) as refused:
        await desk.ask(order)
    assert refused.value.code == "ticket_not_refundable"


async def test_attack_8_a_refund_of_a_disputed_order_is_refused_to_both_sides(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await desk.dispute(order)
    with pytest.raises(DomainError) as refused:
        await desk.approve(request)
    assert refused.value.code == "charge_disputed"
    with pytest.raises(DomainError) as asked:
        await desk.ask(order, (await desk.tickets(order))[1:])
    assert asked.value.code == "charge_disputed"


@pytest.mark.parametrize("tickets", [[], "tk_1", None, [1], [None], ["tk_unknown"], [["x"]], 3])
async def test_attack_8_tickets_that_are_none_are_refused(desk: Desk, tickets: Any) -> None:
    order = await desk.sell()
    with pytest.raises((BadInput, NotFound)):
        await desk.ask(order, [], ticket_ids=tickets)


@pytest.mark.parametrize(
    ("category", "reason"), [("fraud", ""), (None, ""), (3, ""), ("other", None), ("other", "x" * 2001)]
)
async def test_attack_8_a_reason_that_is_none_is_refused(desk: Desk, category: Any, reason: Any) -> None:
    order = await desk.sell()
    with pytest.raises(BadInput):
        await desk.ask(order, category=category, reason=reason)


async def test_fault_21_approve_and_approve_at_once_one_wins_and_the_other_learns_who(desk: Desk) -> None:
    request = await desk.ask(await desk.sell())
    answers = await asyncio.gather(desk.approve(request), desk.approve(request), return_exceptions=True)
    (late,) = [a for a in answers if isinstance(a, BaseException)]
    assert isinstance(late, AlreadyDecided)
    assert late.message.startswith("Dana Moreau approved $33.70 of this request on ")
    assert len(await desk.shop.rows(Refund)) == 1


async def test_fault_21_approve_and_decline_at_once_one_wins(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    answers = await asyncio.gather(desk.approve(request), desk.decline(request), return_exceptions=True)
    (late,) = [a for a in answers if isinstance(a, BaseException)]
    assert isinstance(late, AlreadyDecided)
    row = await desk.request(request.public_id)
    expected = 3370 if row.status == RequestStatus.APPROVED else 0
    assert (await desk.payment(order)).committed_minor == expected


async def test_fault_21_two_partial_refunds_that_race_never_exceed_what_was_captured(desk: Desk) -> None:
    order = await desk.sell(tickets=2, price=1000, policy={"tiers": [{"days_before": 14, "percent": 100}]})
    first, second = await desk.tickets(order)
    one, two = await desk.ask(order, [first]), await desk.ask(order, [second])
    await asyncio.gather(desk.approve(one), desk.approve(two))
    payment = await desk.payment(order)
    assert payment.committed_minor == payment.captured_minor == 2000


async def test_a_decision_on_an_old_version_is_refused(desk: Desk) -> None:
    request = await desk.ask(await desk.sell())
    with pytest.raises(AlreadyDecided):
        await desk.approve(request, version=request.version + 1)
    for version in ("1", None, True, 1.0):
        with pytest.raises(BadInput):
            await desk.approve(request, version=version)


@pytest.mark.parametrize("role", ["support", "viewer", None, "root"])
async def test_a_role_that_may_not_decide_is_refused(desk: Desk, role: str | None) -> None:
    request = await desk.ask(await desk.sell())
    desk.manager = Actor(ActorKind.MEMBER, desk.shop.organizer_id, 1, role, "Sefa Kaur")
    with pytest.raises(Forbidden):
        await desk.approve(request)


async def test_attack_5_another_organizers_request_is_not_found(desk: Desk) -> None:
    request = await desk.ask(await desk.sell())
    desk.manager = Actor(ActorKind.MEMBER, desk.shop.organizer_id + 1, 1, "owner", "Stranger")
    with pytest.raises(NotFound):
        await desk.approve(request)
    stranger = attendee(desk.shop.organizer_id + 1, "Stranger")
    with pytest.raises(NotFound):
        await desk.shop.store.run(lambda tx: refunds.withdraw(tx, stranger, request_id=request.public_id))


async def test_attack_5_a_request_of_another_order_is_not_found_by_its_buyer(desk: Desk) -> None:
    request = await desk.ask(await desk.sell())
    other = await desk.sell()
    with pytest.raises(NotFound):
        await desk.shop.store.run(
            lambda tx: refunds.withdraw(tx, desk.buyer, request_id=request.public_id, order_id=other.id)
        )


async def test_a_withdrawn_request_frees_its_ticket(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await desk.shop.store.run(
        lambda tx: refunds.withdraw(tx, desk.buyer, request_id=request.public_id, order_id=order.id)
    )
    assert (await desk.request(request.public_id)).status == RequestStatus.WITHDRAWN
    assert (await desk.ask(order)).status == RequestStatus.OPEN


async def test_a_declined_request_is_mailed_and_may_be_answered_once(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await desk.decline(request)
    assert len(await desk.mails(Template.REFUND_DECLINED)) == 1
    await desk.reply(request, "Please look again.")
    again = await desk.request(request.public_id)
    assert (again.status, again.reply_text, again.version) == (RequestStatus.OPEN, "Please look again.", 3)
    await desk.decline(again)
    with pytest.raises(DomainError) as refused:
        await desk.reply(again, "Once more.")
    assert refused.value.code == "reply_not_possible"


async def test_a_decline_needs_words_for_the_buyer(desk: Desk) -> None:
    request = await desk.ask(await desk.sell())
    with pytest.raises(BadInput):
        await desk.decline(request, message="  ")


async def test_notes_are_kept_and_never_mailed(desk: Desk) -> None:
    request = await desk.ask(await desk.sell())
    await desk.approve(request, message="See you next year!", note="Known regular.")
    await desk.shop.store.run(
        lambda tx: refunds.add_note(tx, desk.manager, request_id=request.public_id, text="Called her.")
    )
    assert [n.text for n in await desk.shop.rows(RefundNote)] == ["Known regular.", "Called her."]
    (mail,) = await desk.mails(Template.REFUND_APPROVED)
    assert mail.params["message"] == "See you next year!"
    assert "regular" not in str(mail.params)


async def test_a_checked_in_ticket_follows_the_policy(desk: Desk) -> None:
    strict, kind = await desk.sell(), {**_WHOLE, "checked_in_qualify": True}
    await desk.check_in(strict)
    with pytest.raises(DomainError) as refused:
        await desk.ask(strict)
    assert "used at the door" in refused.value.message
    generous = await desk.sell(policy=kind)
    await desk.check_in(generous)
    assert (await desk.ask(generous)).amount_minor == 3570


async def test_the_policy_of_the_day_of_asking_holds_when_it_is_decided_later(desk: Desk) -> None:
    request = await desk.ask(await desk.sell(days=20))
    desk.shop.clock.advance(timedelta(days=12))
    assert (await desk.approve(request)).amount_minor == 3370


_WHOLE: dict[str, Any] = {"tiers": [{"days_before": 14, "percent": 100}]}


async def test_the_buyer_gets_a_mail_at_every_step_and_none_says_refunded_before_it_is(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await desk.decline(request)
    await desk.reply(await desk.request(request.public_id), "My shift really moved.")
    again = await desk.request(request.public_id)
    await desk.approve(again)
    told = [m.template for m in await desk.shop.rows(EmailMessage, recipient=order.buyer_email)]
    assert told[-4:] == ["refund_received", "refund_declined", "refund_received", "refund_approved"]
    assert "refunded" not in told
    await desk.work()
    assert len(await desk.mails(Template.REFUNDED)) == 1
    other = await desk.ask(order, (await desk.tickets(order))[1:])
    await desk.shop.store.run(lambda tx: refunds.withdraw(tx, desk.buyer, request_id=other.public_id))
    assert len(await desk.mails(Template.REFUND_WITHDRAWN)) == 1
