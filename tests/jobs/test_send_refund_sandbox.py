"""The refund protocol through the real SDK, the Stripe sandbox, signed events and the worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.rules import RefundState, TicketStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus, RequestStatus
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.jobs.audit import run as audit
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from tests.jobs.till import Till

pytest_plugins = ["tests.jobs.till_fixtures"]

WHOLE: dict[str, Any] = {"tiers": [{"days_before": 1, "percent": 100}]}
CREATE = {"path": "/v1/refunds", "method": "POST"}


async def approved(till: Till, **selling: Any) -> tuple[Order, Refund]:
    """Sell two tickets and approve the refund of one; nothing of it has run yet."""
    order = await till.paid(refund_policy=WHOLE, **selling)
    (ticket, *_) = await till.shop.rows(Ticket, order_id=order.id)
    buyer = attendee(till.shop.organizer_id, "Maren Okafor")
    request = await till.shop.store.run(
        lambda tx: refunds.request(
            tx,
            buyer,
            order_id=order.id or 0,
            ticket_ids=[ticket.public_id],
            category="cannot_attend",
            reason="",
        )
    )
    manager = Actor(ActorKind.MEMBER, till.shop.organizer_id, None, Role.MANAGER, "Dana Moreau")
    made = await till.shop.store.run(
        lambda tx: refunds.approve(tx, manager, request_id=request, version=1, amount_minor=None)
    )
    return order, (await till.shop.rows(Refund, public_id=made))[0]


async def later(till: Till, by: timedelta) -> None:
    """Let time pass here and at Stripe, then let everything due happen."""
    await till.advance(by)
    await till.settle()


async def state(till: Till, refund: Refund) -> Refund:
    """Return the row as it is now."""
    return (await till.shop.rows(Refund, public_id=refund.public_id))[0]


def alive(till: Till) -> list[dict[str, Any]]:
    """Return the refunds at Stripe that took money."""
    return [
        r
        for r in till.sandbox.objects("refund")
        if r["status"] in ("pending", "requires_action", "succeeded")
    ]


async def once(till: Till, order: Order, refund: Refund) -> None:
    """Assert one live refund at Stripe, the row and order that say so, and books that hold."""
    (only,) = alive(till)
    assert only["metadata"]["refund_id"] == refund.public_id
    assert (await state(till, refund)).status == RefundStatus.SUCCEEDED
    (request,) = await till.shop.rows(RefundRequest)
    assert request.status == RequestStatus.FULFILLED
    assert (await till.shop.order(order)).refunded_minor == 4200
    await clean(till)


async def clean(till: Till) -> None:
    """Assert that every invariant holds and the ledger equals Stripe."""
    assert [f for f in await audit(till.runtime, stripe=True) if f.count] == []


async def test_an_approved_refund_is_made_once_and_mailed_once(till: Till) -> None:
    order, refund = await approved(till)
    await till.settle()
    await once(till, order, refund)
    assert len(await till.shop.rows(EmailMessage, template=Template.REFUNDED)) == 1


async def test_fault_4_a_crash_after_stripe_acted_replays_the_same_key(till: Till) -> None:
    order, refund = await approved(till)
    submission = await till.shop.store.run(
        lambda tx: refunds.begin_submission(tx, refund_id=refund.public_id)
    )
    await till.runtime.payments.create_refund(
        payment_intent_id=submission.payment_intent_id, amount_minor=submission.amount_minor,
        currency=submission.currency, reference=submission.refund_id, order_number=submission.order_number,
        account=submission.account, key=submission.key,
    )  # fmt: skip
    await till.work()
    await till.settle()
    await once(till, order, refund)


async def test_fault_8_a_time_out_after_stripe_acted_ends_in_one_refund(till: Till) -> None:
    order, refund = await approved(till)
    till.line.after.append(httpx.ReadTimeout("gone"))
    await till.work()
    assert (await state(till, refund)).status == RefundStatus.UNKNOWN
    await later(till, timedelta(minutes=1))
    await once(till, order, refund)


async def test_fault_8_a_broken_connection_before_stripe_acted_ends_in_one_refund(till: Till) -> None:
    order, refund = await approved(till)
    till.line.before.append(httpx.ReadError("gone"))
    await till.work()
    assert (await state(till, refund)).status == RefundStatus.UNKNOWN
    await later(till, timedelta(minutes=1))
    await once(till, order, refund)


async def test_fault_9_a_500_although_the_refund_exists_is_found_by_metadata(till: Till) -> None:
    order, refund = await approved(till)
    till.sandbox.add_fault("error_after", **CREATE)
    await till.work()
    await till.settle()
    await once(till, order, refund)
    assert (await state(till, refund)).tries == 1


async def test_fault_9_a_500_replayed_for_the_key_ends_in_a_new_key_after_25_hours(till: Till) -> None:
    order, refund = await approved(till)
    till.sandbox.add_fault("error", saved=True, **CREATE)
    await till.work()
    for _ in range(14):
        await later(till, timedelta(hours=2))
    first, second = await till.shop.rows(Refund)
    assert (first.public_id, first.failure_code) == (refund.public_id, "never_reached_stripe")
    await once(till, order, second)


@pytest.mark.parametrize(
    ("kind", "status"), [("rate_limit", RefundStatus.CREATED), ("lock_timeout", RefundStatus.CREATED)]
)
async def test_fault_10_a_429_or_a_lock_backs_off(till: Till, kind: str, status: RefundStatus) -> None:
    order, refund = await approved(till)
    till.sandbox.add_fault(kind, **CREATE)
    await till.work()
    assert (await state(till, refund)).status == status
    await later(till, timedelta(minutes=1))
    await once(till, order, refund)


async def test_fault_11_keys_pruned_during_an_outage_are_reconciled_first(till: Till) -> None:
    order, refund = await approved(till)
    till.line.after.append(httpx.ReadTimeout("gone"))
    await till.work()
    till.sandbox.prune_keys()
    await till.advance(timedelta(hours=30))
    await till.work()
    await till.settle()
    await once(till, order, refund)


async def test_fault_12_a_dispute_opened_meanwhile_stops_the_refund(till: Till) -> None:
    order, refund = await approved(till)
    till.sandbox.open_dispute(payment_intent=(await till.payment(order)).payment_intent_id)
    await till.work()
    row = await state(till, refund)
    assert (row.status, row.failure_code) == (RefundStatus.FAILED, "charge_disputed")
    await till.settle()
    assert alive(till) == []
    await clean(till)


async def test_fault_12_a_payment_that_was_refunded_meanwhile_is_reconciled(till: Till) -> None:
    order, refund = await approved(till)
    till.sandbox.refund((await till.payment(order)).payment_intent_id)
    await till.work()
    assert (await state(till, refund)).failure_code == "charge_already_refunded"
    await till.settle()
    assert (await till.shop.order(order)).refund_state == RefundState.FULL
    (request,) = await till.shop.rows(RefundRequest)
    assert request.status == RequestStatus.SUPERSEDED
    await clean(till)


async def test_fault_13_a_refund_that_the_bank_returns_is_booked_back(till: Till) -> None:
    order, refund = await approved(till)
    await till.settle()
    (made,) = alive(till)
    till.sandbox.fail_refund(made["id"])
    await till.settle()
    row = await state(till, refund)
    assert (row.status, row.failure_code) == (RefundStatus.FAILED, "expired_or_canceled_card")
    assert (await till.shop.order(order)).refunded_minor == 0
    assert TicketStatus.VOID in {t.status for t in await till.shop.rows(Ticket)}
    await clean(till)


async def test_fault_14_a_refund_made_in_the_dashboard_is_imported(till: Till) -> None:
    order = await till.paid(refund_policy=WHOLE)
    till.sandbox.refund((await till.payment(order)).payment_intent_id, 1000)
    await till.settle()
    (row,) = await till.shop.rows(Refund)
    assert (row.source, row.status, row.amount_minor) == (RefundSource.EXTERNAL, RefundStatus.SUCCEEDED, 1000)
    assert (await till.shop.order(order)).refund_state == RefundState.PARTIAL
    await clean(till)
