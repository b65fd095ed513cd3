"""What screens show of refunds: the buyer's page, the queue, a request with all its facts."""

from __future__ import annotations

from datetime import timedelta

from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.views import (
    AttendeeRefunds,
    KeptFees,
    OrderRefunds,
    QueuePage,
    RequestDetail,
)
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]


async def page(desk: Desk, order_id: int | None) -> AttendeeRefunds:
    """Return the buyer's page."""
    async with desk.shop.store.read() as session:
        found = await queries.attendee_refunds(
            session, desk.shop.organizer_id, order_id or 0, now=desk.shop.now
        )
    assert found is not None
    return found


async def queue(desk: Desk, tab: str = "needs_decision", **more: object) -> QueuePage:
    """Return a page of the queue."""
    async with desk.shop.store.read() as session:
        return await queries.queue_page(session, desk.shop.organizer_id, tab=tab, now=desk.shop.now, **more)  # type: ignore[arg-type]


async def detail(desk: Desk, request_id: str, **more: bool) -> RequestDetail:
    """Return a request's screen."""
    async with desk.shop.store.read() as session:
        found = await queries.request_detail(
            session, desk.shop.organizer_id, request_id, now=desk.shop.now, **more
        )
    assert found is not None
    return found


async def test_the_buyer_sees_what_each_ticket_gives_before_asking(desk: Desk) -> None:
    order = await desk.sell()
    options = (await page(desk, order.id)).options
    assert options.may_ask
    assert [(t.paid_minor, t.kept_minor, t.amount_minor, t.selectable) for t in options.tickets] == [
        (3570, 200, 3370, True)
    ] * 2
    assert "less $2.00 a ticket" in options.policy
    assert options.rule.startswith("Until ")


async def test_the_buyer_follows_a_request_from_asked_to_the_bank(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    shown = await page(desk, order.id)
    (card,) = shown.cards
    assert (card.status, card.may_withdraw, card.may_reply, card.title) == (
        "open", True, False, "Refund for General admission",
    )  # fmt: skip
    assert [s.state for s in card.steps] == ["done", "now", "todo", "todo"]
    assert [t.why_not for t in shown.options.tickets] == ["a refund was asked for.", ""]
    await desk.approve(request, message="See you next year!")
    (card,) = (await page(desk, order.id)).cards
    assert ([s.state for s in card.steps], card.answer) == (
        ["done", "done", "now", "todo"],
        "See you next year!",
    )
    await desk.work()
    (card,) = (await page(desk, order.id)).cards
    assert [s.state for s in card.steps] == ["done", "done", "done", "now"]
    assert card.due
    assert (await page(desk, order.id)).options.tickets[0].why_not == "it is no longer valid."


async def test_the_buyer_reads_the_answer_and_may_reply_to_a_decline(desk: Desk) -> None:
    order = await desk.sell()
    await desk.decline(await desk.ask(order), "The doors open on time.")
    (card,) = (await page(desk, order.id)).cards
    assert (card.may_reply, card.may_withdraw, card.answer) == (True, False, "The doors open on time.")
    assert [s.label for s in card.steps] == ["Requested", "Declined"]


async def test_the_buyer_is_calmed_when_a_refund_fails(desk: Desk) -> None:
    order, _, _ = await desk.approved()
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    (card,) = (await page(desk, order.id)).cards
    assert "you need do nothing" in card.trouble
    assert [s.state for s in card.steps] == ["done", "done", "now", "todo"]


async def test_the_buyer_learns_why_nothing_can_be_asked(desk: Desk) -> None:
    free = await desk.sell_free()
    assert (await page(desk, free.id)).options.why_not.startswith("Nothing was paid")
    disputed = await desk.sell()
    await desk.dispute(disputed)
    assert "disputed" in (await page(desk, disputed.id)).options.why_not


async def test_a_late_payment_is_shown_as_going_back(desk: Desk) -> None:
    order = await desk.sell()
    await desk.second_payment(order)
    await desk.work()
    (card,) = (await page(desk, order.id)).cards
    assert (card.asked_for, card.amount_minor, card.status) == (False, 7140, "succeeded")
    assert [s.key for s in card.steps] == ["sent", "at_bank"]


async def test_another_organizers_order_shows_nothing(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    stranger = desk.shop.organizer_id + 1
    async with desk.shop.store.read() as session:
        assert await queries.attendee_refunds(session, stranger, order.id or 0, now=desk.shop.now) is None
        assert await queries.request_detail(session, stranger, request.public_id, now=desk.shop.now) is None
        assert await queries.refunds_of_order(session, stranger, order.id or 0) == OrderRefunds([], [], {})
        assert await queries.request_version(session, stranger, request.public_id) is None
        assert (await queries.queue_page(session, stranger, now=desk.shop.now)).rows == []


async def test_the_queue_counts_each_tab_and_begins_with_who_waits_longest(desk: Desk) -> None:
    order = await desk.sell(tickets=4)
    asked = [await desk.ask(order, [ticket]) for ticket in await desk.tickets(order)]
    await desk.decline(asked[0])
    await desk.approve(asked[1])
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    shown = await queue(desk)
    assert {t.key: t.count for t in shown.tabs} == {
        "needs_decision": 2, "second": 0, "failed": 1, "in_progress": 0, "refunded": 0, "declined": 1, "all": 4,
    }  # fmt: skip
    assert [r.id for r in shown.rows] == [asked[2].public_id, asked[3].public_id]
    (behind,) = (await queue(desk, after=asked[2].public_id)).rows
    assert behind.id == asked[3].public_id
    assert shown.needs_decision == 2
    assert shown.oldest_at
    first = await queue(desk, "all", limit=3)
    rest = await queue(desk, "all", limit=3, after=first.next_cursor)
    assert [r.id for r in (*first.rows, *rest.rows)] == [r.public_id for r in reversed(asked)]
    assert rest.next_cursor == ""
    (failed,) = (await queue(desk, "failed")).rows
    assert failed.flags[0].kind == "failed"
    assert "Add funds" in failed.flags[0].detail
    assert (await queue(desk, "nonsense")).tab == "needs_decision"
    async with desk.shop.store.read() as session:
        assert await queries.needs_decision(session, desk.shop.organizer_id) == 2


async def test_the_queue_flags_disputed_and_used_tickets(desk: Desk) -> None:
    order = await desk.sell(
        policy={"tiers": [{"days_before": 1, "percent": 100}], "checked_in_qualify": True}
    )
    await desk.check_in(order)
    await desk.ask(order)
    await desk.dispute(order)
    (row,) = (await queue(desk)).rows
    assert {f.kind for f in row.flags} == {"disputed", "checked_in"}


async def test_a_request_shows_everything_needed_to_decide_it(desk: Desk) -> None:
    order = await desk.sell(tickets=3)
    first, second, _ = await desk.tickets(order)
    await desk.approve(await desk.ask(order, [first]))
    await desk.work()
    request = await desk.ask(order, [second])
    await desk.shop.store.run(
        lambda tx: refunds.add_note(tx, desk.manager, request_id=request.public_id, text="Called her.")
    )
    shown = await detail(desk, request.public_id)
    assert (shown.may_decide, shown.suggested_minor, shown.limit_minor) == (True, 3370, 3570)
    assert [(b.label, b.amount_minor, b.kind) for b in shown.bars] == [
        ("Captured", 10710, ""),
        ("Refunded", -3370, "out"),
        ("This refund", -3370, "now"),
        ("Stays with you", 3970, "sum"),
    ]
    assert [(t.asked, t.sent_minor, t.refund_minor) for t in shown.tickets] == [
        (False, 3370, 0), (True, 0, 3370), (False, 0, 0),
    ]  # fmt: skip
    assert [w.kind for w in shown.warnings] == ["second_request"]
    assert (shown.fees, shown.method) == (KeptFees("USD", 297), "Visa •••• 4242")
    assert (shown.buyer.orders, shown.buyer.refunds, shown.buyer.refunded_minor) == (1, 1, 3370)
    assert [n.text for n in shown.notes] == ["Called her."]
    masked = await detail(desk, request.public_id, show_emails=False)
    assert masked.buyer.email == "m•••@example.com"


async def test_an_approved_request_shows_the_amounts_that_were_decided(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order, await desk.tickets(order))
    before = await detail(desk, request.public_id)
    assert [(t.kept_minor, t.refund_minor) for t in before.tickets] == [(200, 3370)] * 2
    await desk.approve(request, 5000)
    after = await detail(desk, request.public_id)
    assert [(t.kept_minor, t.refund_minor) for t in after.tickets] == [(0, 2500)] * 2


async def test_a_request_warns_of_disputes_used_tickets_and_events_that_began(desk: Desk) -> None:
    order = await desk.sell(
        policy={"tiers": [{"days_before": 1, "percent": 100}], "checked_in_qualify": True}
    )
    await desk.check_in(order)
    request = await desk.ask(order)
    await desk.dispute(order)
    desk.shop.clock.advance(timedelta(days=31))
    shown = await detail(desk, request.public_id)
    assert [w.kind for w in shown.warnings] == ["disputed", "checked_in", "event_over"]
    assert not shown.may_decide
    assert "bank" in shown.blocked


async def test_a_failed_request_shows_its_reason_and_may_be_retried(desk: Desk) -> None:
    order, request, _ = await desk.approved()
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    shown = await detail(desk, request.public_id)
    assert (shown.status, shown.may_retry) == (RequestStatus.FAILED, True)
    assert shown.failure.startswith("The balance at Stripe was too low")
    (row,) = shown.refunds
    assert (row.failure_code, row.source_label, row.may_retry) == ("insufficient_funds", "Request", False)
    async with desk.shop.store.read() as session:
        of_order = await queries.refunds_of_order(session, desk.shop.organizer_id, order.id or 0)
    assert [refund.id for refund in of_order.refunds] == [row.id]
