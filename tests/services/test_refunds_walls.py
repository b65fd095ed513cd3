"""Whatever a stranger's hand holds, another organizer's refunds are not there for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RefundSource
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.kit.actor import Actor, ActorKind, attendee
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage.transaction import Transaction
from tests.refund_checks import clean
from tests.refund_desk import Desk

pytest_plugins = ["tests.refund_fixtures"]

Try = Callable[[Transaction, Actor, dict[str, Any]], Awaitable[Any]]
AS_MEMBER: dict[str, Try] = {
    "approve": lambda tx, who, at: refunds.approve(
        tx, who, request_id=at["request"], version=at["version"], amount_minor=None
    ),
    "decline": lambda tx, who, at: refunds.decline(
        tx, who, request_id=at["request"], version=at["version"], message="No."
    ),
    "add_note": lambda tx, who, at: refunds.add_note(tx, who, request_id=at["request"], text="Seen."),
    "retry": lambda tx, who, at: refunds.retry(tx, who, request_id=at["request"], version=at["version"]),
    "return_outside": lambda tx, who, at: refunds.return_outside(
        tx, who, refund_id=at["late"], way="cash", reference="1"
    ),
    "allocate_external": lambda tx, who, at: refunds.allocate_external(
        tx, who, refund_id=at["late"], shares={}, void_tickets=False
    ),
    "retry_refund": lambda tx, who, at: refunds.retry_refund(tx, who, refund_id=at["late"]),
}
AS_BUYER: dict[str, Try] = {
    "request": lambda tx, who, at: refunds.request(
        tx, who, order_id=at["order"], ticket_ids=[at["ticket"]], category="other", reason=""
    ),
    "reply": lambda tx, who, at: refunds.reply(tx, who, request_id=at["request"], text="Please."),
    "withdraw": lambda tx, who, at: refunds.withdraw(tx, who, request_id=at["request"]),
}


async def test_attack_5_nothing_of_another_organizer_can_be_reached(desk: Desk) -> None:
    order, request, _ = await desk.approved()
    await desk.second_payment(order)
    desk.stripe.refusal = "insufficient_funds"
    await desk.work()
    (late,) = await desk.shop.rows(Refund, source=RefundSource.LATE_PAYMENT)
    before = await desk.request(request.public_id)
    at = {
        "request": before.public_id, "version": before.version, "late": late.public_id, "order": order.id,
        "ticket": (await desk.tickets(order))[1].public_id,
    }  # fmt: skip
    elsewhere = desk.shop.organizer_id + 1
    member = Actor(ActorKind.MEMBER, elsewhere, 1, "owner", "Stranger")
    tries = [(member, call) for call in AS_MEMBER.values()]
    tries += [(attendee(elsewhere, "Stranger"), call) for call in AS_BUYER.values()]
    for who, call in tries:
        with pytest.raises(NotFound):
            await desk.shop.store.run(lambda tx, who=who, call=call: call(tx, who, at))
    assert (await desk.request(request.public_id)).version == before.version
    await clean(desk)
