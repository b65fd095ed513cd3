"""One order for members: its whole story, masked for viewers, and the way through the list."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.disputes import service as disputes
from kagibag_app.features.orders.queries import tickets_of
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import ReasonCategory
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from kagibag_app.live import topics
from kagibag_app.settings import StripeMode
from kagibag_app.web import live
from kagibag_app.web.admin.order.reading import FIRST_ENTRIES
from kagibag_app.web.admin.order.rows import May
from kagibag_app.web.admin.order.state import OrderDetailState
from tests.services.full_order import fill
from tests.services.shop import PLATFORM
from tests.services.stripe_snapshots import captured, dispute
from tests.web.attendee_desk import Desk
from tests.web.harness import member, organizer
from tests.web.order_screen import opened, people, shown, tickets

pytest_plugins = ["tests.web.desk_fixtures"]


async def asked(desk: Desk, order: Order) -> RefundRequest:
    """The buyer asks for the first ticket's money."""
    async with desk.runtime.store.read() as session:
        ticket = (await tickets_of(session, order.id))[0]
    await desk.runtime.store.run(
        lambda tx: refunds.request(
            tx,
            attendee(order.organizer_id, order.buyer_name),
            order_id=order.id,
            ticket_ids=[ticket.public_id],
            category=ReasonCategory.CANNOT_ATTEND,
            reason="My shift moved.",
        )
    )
    return (await desk.shop.rows(RefundRequest))[-1]


async def test_order_shows_lines_discount_and_totals(desk: Desk) -> None:
    await desk.shop.code()
    placed = await desk.shop.buy(
        desk.event, {desk.floor.public_id: 2}, code="HARBOUR15", platform_account="acct_platform"
    )
    state = await shown(await opened(desk, placed.number))
    assert [(t.name, t.list_price, t.discount, t.net, t.status) for t in state.tickets] == [
        ("General admission", "$42.00", "−$6.30", "$35.70", "")
    ] * 2
    assert [(line.label, line.amount, line.code, line.remark) for line in state.totals] == [
        ("Subtotal", "$84.00", "", ""),
        ("Discount", "−$12.60", "HARBOUR15", "15 %"),
        ("Total", "$71.40", "", ""),
    ]
    face = state.face
    assert (face.number, face.status, face.shows_status) == (placed.number, "pending", True)
    assert face.placed.startswith("Maren Okafor · 2 tickets · placed ")
    assert (face.email, face.buyer_orders) == (
        "maren.okafor@example.com",
        "/admin/orders?q=maren.okafor@example.com",
    )
    assert (face.event, face.event_href) == ("Night Harbour Sessions", "/e/harbour")


async def test_paid_order_shows_payment_fee_net_ledger_tickets_and_mail(desk: Desk) -> None:
    order, payment = await captured(desk.shop, slug="paid")
    state = await shown(await opened(desk, order.number.lower()))
    (card,) = state.payments
    assert (card.status, card.method, card.intent) == (
        "captured",
        "Visa •••• 4242",
        payment.payment_intent_id,
    )
    assert card.captured.startswith("$84.00 on ")
    assert (card.fee, card.net, card.failure) == ("$2.74", "$81.26", "")
    assert card.stripe == f"{desk.runtime.settings.sandbox_url}/#charges"
    assert [(entry.label, entry.amount) for entry in state.bookings] == [
        ("Charge", "$84.00"),
        ("Stripe fee", "−$2.74"),
    ]
    assert (state.face.stripe_balance, state.face.balance_tone) == ("$81.26", "neutral")
    assert [(ticket.status, bool(ticket.code)) for ticket in state.tickets] == [("valid", True)] * 2
    (mail,) = state.mails
    assert (mail.recipient, mail.status) == ("maren.okafor@example.com", "queued")
    assert mail.href == f"/admin/messages?message={mail.id}"
    assert len([entry.day for entry in state.timeline if entry.day]) == 1
    assert {"order_placed", "payment_captured", "tickets_issued", "order_status"} <= {
        e.kind for e in state.timeline
    }


async def test_stripe_link_leads_to_the_dashboard_when_the_sandbox_is_not_used(desk: Desk) -> None:
    order, payment = await captured(desk.shop, slug="paid")
    desk.runtime.settings = desk.runtime.settings.model_copy(update={"stripe_mode": StripeMode.TEST})
    (card,) = (await shown(await opened(desk, order.number))).payments
    assert card.stripe == f"https://dashboard.stripe.com/test/payments/{payment.payment_intent_id}"


async def test_free_order_says_that_no_payment_was_collected(desk: Desk) -> None:
    placed = await desk.placed(guest=1)
    state = await shown(await opened(desk, placed.number))
    assert state.payments == []
    assert state.face.no_payment.startswith("No payment was collected")


async def test_requests_and_refunds_show_with_their_states(desk: Desk) -> None:
    order, _ = await captured(desk.shop, slug="paid")
    request = await asked(desk, order)
    manager = Actor(ActorKind.MEMBER, order.organizer_id, role="manager", name="Noor Haas")
    await desk.runtime.store.run(
        lambda tx: refunds.approve(
            tx,
            manager,
            request_id=request.public_id,
            version=request.version,
            amount_minor=1000,
            message="Sorry",
        )
    )
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(
            sa.update(Refund).values(status="failed", failure_message="The card has expired.")
        )
    state = await shown(await opened(desk, order.number))
    (row,), (refund,) = state.requests, state.refunds
    assert row.href == f"/admin/refunds?request={request.public_id}"
    assert (row.status, row.reason, row.answer, row.amount) == (
        "approved",
        "Can't attend: My shift moved.",
        "Sorry",
        "$10.00",
    )
    assert (refund.status, refund.about, refund.amount) == ("failed", "The card has expired.", "−$10.00")
    assert refund.started.startswith("Noor Haas, Today")


async def test_open_dispute_is_said_across_the_page(desk: Desk) -> None:
    order, payment = await captured(desk.shop, slug="paid")
    await desk.runtime.store.run(
        lambda tx: disputes.record_gateway_dispute(tx, dispute(payment, "needs_response"), account=PLATFORM)
    )
    state = await shown(await opened(desk, order.number))
    (line,) = state.disputes
    assert state.alarm.title == f"Dispute for {line.amount} needs a response"
    assert state.alarm.href == line.href == f"/admin/disputes/{line.id}"
    assert state.alarm.blocked == "Refunds are blocked while the bank holds the money."
    assert (state.face.dispute_state, state.face.shows_status, state.face.balance_tone) == (
        "open",
        False,
        "bad",
    )
    assert [line.label for line in state.totals][-1] == "Disputed"


async def test_viewer_sees_masked_addresses_and_no_acts(desk: Desk) -> None:
    order, _ = await captured(desk.shop, slug="paid")
    tab = await opened(desk, order.number, await people(desk, Role.VIEWER))
    state = await shown(tab)
    assert (state.face.email, state.face.buyer_orders, state.may) == ("m•••@example.com", "", May())
    assert [mail.recipient for mail in state.mails] == ["m•••@example.com"]
    assert "okafor@" not in str(tab.vars)


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.SUPPORT, May(resend=True, correct=True, note=True, check_in=True)),
        (Role.MANAGER, May(True, True, True, True, True, True, True)),
        (Role.OWNER, May(True, True, True, True, True, True, True)),
    ],
)
async def test_each_role_is_offered_what_it_may_do(desk: Desk, role: Role, acts: May) -> None:
    placed = await desk.placed(floor=1)
    assert (await shown(await opened(desk, placed.number, await people(desk, role)))).may == acts


@pytest.mark.parametrize("number", ["KB-0000-0000", "", "../../etc", "x" * 300])
async def test_unknown_number_shows_that_there_is_no_such_order(desk: Desk, number: str) -> None:
    state = await shown(await opened(desk, number))
    assert (state.phase, state.face.number) == ("missing", "")


async def test_other_organizers_order_is_not_found(desk: Desk) -> None:
    order, _ = await captured(desk.shop, slug="paid")
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    tab = await opened(desk, order.number, stranger)
    assert (await shown(tab)).phase == "missing"
    assert order.buyer_name not in str(tab.vars)


async def test_an_order_that_cannot_be_read_says_so_and_is_shown_once_it_can(desk: Desk) -> None:
    order, _ = await captured(desk.shop, slug="paid")
    await _rename(desk, "timeline_entries", "elsewhere")
    tab = await opened(desk, order.number)
    assert ((await shown(tab)).phase, len(tab.toasts)) == ("failed", 1)
    await _rename(desk, "elsewhere", "timeline_entries")
    await tab.call(OrderDetailState.load)
    assert (await shown(tab)).phase == "shown"


async def _rename(desk: Desk, table: str, name: str) -> None:
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.text(f"ALTER TABLE {table} RENAME TO {name}"))


async def test_order_is_shown_to_nobody_without_a_login(desk: Desk) -> None:
    placed = await desk.placed(floor=1)
    for handler in (OrderDetailState.load, OrderDetailState.refresh, OrderDetailState.show_older):
        tab = desk.browser.tab(f"/admin/orders/{placed.number}", query={"number": placed.number})
        await tab.call(handler)
        assert tab.redirects[0].startswith("/admin/login?next=%2Fadmin%2Forders")
        assert (await shown(tab)).face.number == ""


async def test_open_order_follows_what_happens_to_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[Any] = []
    monkeypatch.setattr(live, "watch", lambda state, names, refresh: followed.extend(names))
    order, _ = await captured(desk.shop, slug="paid")
    tab = await opened(desk, order.number)
    assert topics.order(order.id) in followed
    await asked(desk, order)
    await tab.push(OrderDetailState.refresh)
    state = await shown(tab)
    assert ([row.status for row in state.requests], state.counts.refunds) == (["open"], 1)


async def test_older_entries_are_shown_when_asked_for(desk: Desk) -> None:
    order, payment = await captured(desk.shop, slug="paid")
    await fill(desk.shop, order, payment)
    tab = await opened(desk, order.number)
    state = await shown(tab)
    assert (len(state.timeline), state.older) == (FIRST_ENTRIES, True)
    await tab.call(OrderDetailState.show_older)
    assert (len(state.timeline) > 60, state.older) == (True, False)
    await tab.push(OrderDetailState.refresh)
    assert len(state.timeline) > 60


async def test_neighbours_are_those_of_the_list_one_came_from(desk: Desk) -> None:
    first, _ = await captured(desk.shop, slug="first")
    await desk.placed(floor=1)
    last, _ = await captured(desk.shop, slug="last")
    state = await shown(await opened(desk, first.number, list="status%3Dpaid"))
    assert state.way.previous == f"/admin/orders/{last.number}?list=status%3Dpaid"
    assert (state.way.next, state.way.list) == ("", "/admin/orders?status=paid")
    everything = await shown(await opened(desk, first.number))
    assert everything.way.previous not in ("", state.way.previous)
    assert everything.way.list == "/admin/orders"


@pytest.mark.parametrize("said", ["status%3Dnonsense%26q%3D" + "x" * 300, "%00%ff", "a" * 9000])
async def test_a_list_that_cannot_be_read_is_all_orders(desk: Desk, said: str) -> None:
    placed = await desk.placed(floor=1)
    state = await shown(await opened(desk, placed.number, list=said))
    assert (state.phase, state.way.list) == ("shown", "/admin/orders")


async def test_tickets_say_when_they_were_used_and_why_they_are_void(desk: Desk) -> None:
    order, _ = await captured(desk.shop, slug="paid", count=3)
    used, void, going = await tickets(desk, order)
    async with desk.runtime.store.transaction() as tx:
        for ticket, values in (
            (used, {"status": "checked_in", "checked_in_at": tx.now}),
            (void, {"status": "void", "void_reason": "lost"}),
            (going, {"refund_in_progress": True}),
        ):
            await tx.session.execute(sa.update(Ticket).where(col(Ticket.id) == ticket.id).values(**values))
    lines = (await shown(await opened(desk, order.number))).tickets
    assert [(line.status, line.door) for line in lines] == [
        ("checked_in", "undo"),
        ("void", ""),
        ("valid", ""),
    ]
    assert lines[0].remark.startswith("Today ")
    assert [line.remark for line in lines[1:]] == ["lost", "refund in progress"]
