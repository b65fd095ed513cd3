"""Each invariant is broken on purpose, once, and seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col

from kagibag_app.features.events.tables import TicketType
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.rules import SearchKind
from kagibag_app.features.orders.tables import LineItem, Order, OrderSearch, Ticket
from kagibag_app.features.payments.tables import Payment, StripeEvent
from kagibag_app.features.refunds.tables import Refund, RefundAllocation
from kagibag_app.features.timeline.tables import TimelineEntry
from kagibag_app.features.webhooks.tables import WebhookEndpoint, WebhookEvent
from kagibag_app.jobs.audit import Finding, check, check_stripe, run
from kagibag_app.kit.ids import public_id
from kagibag_app.ports.payments import BalanceLine
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]

Break = Callable[[Desk], Awaitable[None]]


async def put(desk: Desk, table: type[SQLModel], **values: Any) -> None:
    """Change every row of a table behind the services' backs."""
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(table).values(**values))


async def add(desk: Desk, *rows: SQLModel) -> None:
    """Add rows behind the services' backs."""
    async with desk.shop.store.transaction() as tx:
        tx.session.add_all(rows)


async def lines_that_do_not_sum(desk: Desk) -> None:
    await put(desk, LineItem, list_minor=3571, net_minor=3571)


async def more_refunded_than_captured(desk: Desk) -> None:
    await put(desk, Payment, captured_minor=3000)


async def reservation_miscounted(desk: Desk) -> None:
    await put(desk, Payment, committed_minor=1)


async def line_refunded_twice(desk: Desk) -> None:
    await put(desk, RefundAllocation, amount_minor=3571)
    await put(desk, Refund, amount_minor=3571)


async def created_row_that_may_have_been_sent(desk: Desk) -> None:
    await put(desk, Refund, status="created", maybe_sent_at=desk.shop.now)


async def key_of_another_row(desk: Desk) -> None:
    await put(desk, Refund, idempotency_key="refund-rf_other")


async def event_forgotten(desk: Desk) -> None:
    await add(
        desk,
        StripeEvent(
            stripe_id="evt_1", type="refund.updated", account="acct", livemode=False, object_type="refund",
            object_id="re_1", created=desk.shop.now, received_at=desk.shop.now,
        ),
    )  # fmt: skip


async def order_paid_missing(desk: Desk) -> None:
    await put(desk, WebhookEvent, type="something.else")


async def delivery_missing(desk: Desk) -> None:
    before = desk.shop.now - timedelta(hours=1)
    await add(
        desk,
        WebhookEndpoint(
            public_id=public_id("whe"), organizer_id=desk.shop.organizer_id, name="CRM", url="https://crm.example/hook",
            sealed_secret="-", created_at=before,
        ),
    )  # fmt: skip


async def mail_before_success(desk: Desk) -> None:
    await add(
        desk,
        EmailMessage(
            public_id=public_id("msg"), organizer_id=desk.shop.organizer_id, order_id=1, recipient="m@example.com",
            template=Template.REFUNDED, params={"refund_public_id": "rf_never"}, created_at=desk.shop.now,
        ),
    )  # fmt: skip


async def ticket_missing(desk: Desk) -> None:
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.text("DELETE FROM refund_request_tickets"))
        await tx.session.execute(sa.delete(Ticket))


async def seats_miscounted(desk: Desk) -> None:
    await put(desk, TicketType, sold=5)


async def state_without_entry(desk: Desk) -> None:
    await put(desk, Order, version=99)


async def entry_removed(desk: Desk) -> None:
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.delete(TimelineEntry).where(TimelineEntry.version == 1))  # type: ignore[arg-type]


async def refunded_sum_typed(desk: Desk) -> None:
    await put(desk, Order, refunded_minor=1)


async def search_forgets_the_buyer(desk: Desk) -> None:
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.delete(OrderSearch).where(col(OrderSearch.kind) == SearchKind.EMAIL))


async def search_finds_another_ticket(desk: Desk) -> None:
    await add(desk, OrderSearch(organizer_id=desk.shop.organizer_id, kind="ticket", value="t1", order_id=1))


async def promotion_that_was_not_applied(desk: Desk) -> None:
    await put(desk, Order, promotion_id=99)


async def dispute_state_typed(desk: Desk) -> None:
    await put(desk, Order, dispute_state="open")


async def cancelled_with_its_money(desk: Desk) -> None:
    await put(desk, Order, status="cancelled")
    await put(desk, Ticket, status="void")


async def cancellation_forgotten(desk: Desk) -> None:
    await put(desk, Order, cancel_asked_at=desk.shop.now)


@pytest.fixture
async def sold(desk: Desk) -> Desk:
    """A desk with one refunded ticket."""
    await desk.approved()
    await desk.work()
    return desk


async def violated(desk: Desk) -> list[Finding]:
    """Return what an audit complains about."""
    return [f for f in await run(desk.runtime, stripe=True) if f.count]


async def test_an_untouched_installation_has_nothing_to_complain_about(sold: Desk) -> None:
    found = await run(sold.runtime, stripe=True)
    assert [f.number for f in found] == list(range(1, 15))
    assert [f for f in found if f.count] == []
    assert found[0].as_dict() == {"number": 1, "name": found[0].name, "count": 0, "examples": []}


@pytest.mark.parametrize(
    ("number", "damage"),
    [
        (1, lines_that_do_not_sum),
        (2, more_refunded_than_captured),
        (2, reservation_miscounted),
        (3, line_refunded_twice),
        (5, created_row_that_may_have_been_sent),
        (5, key_of_another_row),
        (6, event_forgotten),
        (7, order_paid_missing),
        (7, delivery_missing),
        (8, mail_before_success),
        (9, ticket_missing),
        (10, seats_miscounted),
        (11, state_without_entry),
        (11, entry_removed),
        (12, refunded_sum_typed),
        (12, dispute_state_typed),
        (1, promotion_that_was_not_applied),
        (13, search_forgets_the_buyer),
        (13, search_finds_another_ticket),
        (14, cancelled_with_its_money),
        (14, cancellation_forgotten),
    ],
)
async def test_a_broken_invariant_is_counted(sold: Desk, number: int, damage: Break) -> None:
    await damage(sold)
    found = {f.number: f for f in await violated(sold)}
    assert number in found
    assert found[number].count >= 1
    assert found[number].examples


async def test_a_line_missing_from_the_ledger_or_from_stripe_is_counted(sold: Desk) -> None:
    kept = list(sold.stripe.balance)
    sold.stripe.balance.append(
        BalanceLine("txn_9", "refund", "refund", -5, 0, -5, "USD", "re_9", sold.shop.now)
    )
    assert (await check_stripe(sold.runtime)).count == 1
    sold.stripe.balance = kept[1:]
    assert (await check_stripe(sold.runtime)).count == 1
    sold.stripe.balance = [
        BalanceLine("po_1", "payout", "payout", -5, 0, -5, "USD", "po_1", sold.shop.now),
        *kept,
    ]
    assert (await check_stripe(sold.runtime)).count == 0


async def test_a_declined_charge_that_still_leads_to_its_order_is_no_violation(sold: Desk) -> None:
    declined = OrderSearch(
        organizer_id=sold.shop.organizer_id, kind=SearchKind.CHARGE, value="ch_0declined", order_id=1
    )
    await add(sold, declined)
    assert await violated(sold) == []


async def test_an_overlap_is_no_violation_while_it_is_flagged(sold: Desk) -> None:
    await put(sold, Refund, amount_minor=9000, flagged=True)
    await put(sold, Payment, committed_minor=9000)
    async with sold.shop.store.read() as session:
        found = {f.number: f.count for f in await check(session)}
    assert found[2] == 0
