"""Nothing leaves the house for an organization whose data was made up."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import queries as payment_queries
from kagibag_app.features.payments import service as payments
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.tables import RefundNote
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import EventType
from kagibag_app.features.webhooks.tables import WebhookDelivery, WebhookEndpoint
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.outbox import OutboxRow
from kagibag_app.storage.synthetic import require_real
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]

FEATURES = Path(__file__).parent.parent.parent / "kagibag_app" / "features"
# Jobs that are asked for while something that came from the network is recorded; nothing comes for a synthetic
# organizer: its payments were never opened, and events of its account are ignored.
FOLLOW_THE_NETWORK = {
    "payments/service/inbox.py:_enqueue",
    "payments/service/mirroring.py:_close_others",
    "payments/service/opening.py:record_session",
}
# Jobs that stay in the house.
LOCAL = {
    "reports/service/asking.py:start_export", "orders/service/door.py:void_ticket",
    "bulk_refunds/service/locking.py:ask_to_run",
}  # fmt: skip


async def make_synthetic(desk: Desk, value: bool = True) -> None:
    """Say of the desk's organizer that its data was made up."""
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(
            sa.update(Organizer)
            .where(col(Organizer.id) == desk.shop.organizer_id)
            .values(synthetic=value, stripe_account="acct_synthetic")
        )


async def refused(desk: Desk, work: Callable[..., Any]) -> None:
    """Assert that a unit of work is refused in a sentence and asks for no job."""
    before = len(await desk.shop.rows(OutboxRow))
    with pytest.raises(DomainError) as error:
        await desk.shop.store.run(work)
    assert error.value.code == "synthetic_data"
    assert "nothing" in error.value.message
    assert len(await desk.shop.rows(OutboxRow)) == before


async def test_no_payment_is_opened_and_nothing_can_be_bought(desk: Desk) -> None:
    order = await desk.sell_unpaid()
    event, kind = await desk.event_of(order)
    free = await desk.sell_free()
    free_event, free_kind = await desk.event_of(free)
    payment = await desk.payment(order)
    await make_synthetic(desk)
    for sold, ticket in ((event, kind), (free_event, free_kind)):
        with pytest.raises(DomainError, match="can't be bought; nothing was charged"):
            await desk.shop.buy(sold, {ticket.public_id: 1})
    await refused(
        desk,
        lambda tx: checkout.retry_payment(
            tx, desk.buyer, order_public_id=order.public_id, platform_account="acct_platform"
        ),
    )
    await refused(
        desk, lambda tx: payments.open_for_order(tx, desk.buyer, order=order, account="acct_platform")
    )
    await refused(desk, lambda tx: payments.look_soon(tx, payment_public_id=payment.public_id))
    assert len(await desk.shop.rows(Order)) == 2


async def test_no_refund_is_sent(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    _, failed_request, failed = await desk.approved()
    desk.stripe.charges[
        (await desk.payment(await _order(desk, failed.order_id))).payment_intent_id
    ].disputed = True
    await desk.work()
    failed_request = await desk.request(failed_request.public_id)
    assert failed_request.status == "failed"
    await make_synthetic(desk)
    await refused(
        desk,
        lambda tx: refunds.approve(
            tx, desk.manager, request_id=request.public_id, version=request.version, amount_minor=None
        ),
    )
    await refused(
        desk,
        lambda tx: refunds.retry(
            tx, desk.manager, request_id=failed_request.public_id, version=failed_request.version
        ),
    )
    await refused(
        desk,
        lambda tx: refunds.decline(
            tx, desk.manager, request_id=request.public_id, version=request.version, message="No."
        ),
    )
    assert (await desk.request(request.public_id)).status == "open"


async def test_no_mail_is_queued_or_sent_again(desk: Desk) -> None:
    order = await desk.sell()
    (mail,) = await desk.mails(Template.CONFIRMATION)
    async with desk.shop.store.transaction() as tx:
        await messages.mark_failed(
            tx, message_id=mail.public_id, to=mail.recipient, error="No such host.", final=True
        )
    await make_synthetic(desk)
    await refused(desk, lambda tx: messages.resend(tx, desk.manager, message_id=mail.public_id))
    await refused(
        desk,
        lambda tx: messages.queue(
            tx, organizer_id=order.organizer_id, order_id=order.id, to="a@example.com", template=Template.ORDER_LINKS,
            params={},
        ),
    )  # fmt: skip
    assert len(await desk.shop.rows(EmailMessage)) == 1


async def test_no_webhook_is_delivered(desk: Desk) -> None:
    async with desk.shop.store.transaction() as tx:
        endpoint = await webhooks.create_endpoint(
            tx, desk.manager, name="CRM", url="https://hooks.example.com", event_filter=[], sealed_secret="-",
            check_url=lambda _: None,
        )  # fmt: skip
    await desk.sell()
    (delivery,) = await desk.shop.rows(WebhookDelivery)
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(WebhookDelivery).values(status="exhausted"))
    await make_synthetic(desk)
    await refused(desk, lambda tx: webhooks.replay_delivery(tx, desk.manager, delivery_id=delivery.public_id))
    await refused(
        desk,
        lambda tx: webhooks.emit(
            tx, organizer_id=desk.shop.organizer_id, order_id=None, type=EventType.ORDER_PAID, dedupe_key="x", data={}
        ),
    )  # fmt: skip
    async with desk.shop.store.transaction() as tx:
        await tx.session.execute(sa.update(WebhookDelivery).values(status="held"))
        await tx.session.execute(sa.update(WebhookEndpoint).values(status="paused"))
    await refused(
        desk,
        lambda tx: webhooks.resume_endpoint(tx, desk.manager, endpoint_id=endpoint, send_held=True),
    )


async def test_a_member_may_still_do_what_stays_in_the_house(desk: Desk) -> None:
    order = await desk.sell()
    request = await desk.ask(order)
    await make_synthetic(desk)
    async with desk.shop.store.transaction() as tx:
        await refunds.add_note(tx, desk.manager, request_id=request.public_id, text="Looked at it.")
    (row,) = await desk.shop.rows(RefundNote)
    assert row.text == "Looked at it."
    # The buyer is mailed about a withdrawal.
    with pytest.raises(DomainError) as refused:
        await desk.shop.store.run(lambda tx: refunds.withdraw(tx, desk.buyer, request_id=request.public_id))
    assert refused.value.code == "synthetic_data"
    assert (await desk.request(request.public_id)).status == "open"


async def test_its_account_is_none_that_stripe_is_asked_about(desk: Desk) -> None:
    async with desk.shop.store.read() as session:
        assert not await payment_queries.system_account_known(session, "acct_synthetic")
    for synthetic in (False, True):
        await make_synthetic(desk, synthetic)
        async with desk.shop.store.read() as session:
            assert ("acct_synthetic" in await accounts.system_stripe_accounts(session)) is not synthetic
            assert await payment_queries.system_account_known(session, "acct_synthetic") is not synthetic


async def test_an_organization_is_asked_about_once_in_a_transaction(desk: Desk) -> None:
    async with desk.shop.store.transaction() as tx:
        await require_real(tx, desk.shop.organizer_id)
        assert tx.real_organizers == {desk.shop.organizer_id}


def test_every_service_that_asks_for_a_network_job_asks_first_whether_the_organization_is_real() -> None:
    asking = dict(_asking())
    assert set(asking) >= FOLLOW_THE_NETWORK | {"refunds/service/creation.py:create_refund"}
    unguarded = {place for place, guarded in asking.items() if not guarded}
    assert unguarded == FOLLOW_THE_NETWORK | LOCAL


def _asking() -> Iterator[tuple[str, bool]]:
    """Yield each function of a feature that enqueues a job, and whether it calls ``require_real`` before."""
    for path in FEATURES.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                continue
            calls = [ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(name.startswith("tx.enqueue") for name in calls):
                yield f"{path.relative_to(FEATURES)}:{function.name}", "require_real" in calls


async def _order(desk: Desk, order_id: int) -> Order:
    return (await desk.shop.rows(Order, id=order_id))[0]
