"""What an approval sets off, whoever gives it: the refund reserved and queued, the buyer told, the order refreshed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import RefundSource, allocate
from kagibag_app.features.refunds.service.creation import create_refund
from kagibag_app.features.refunds.service.states import refresh_order, set_in_progress
from kagibag_app.features.refunds.tables import Refund, RefundRequest
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import Actor
from kagibag_app.storage.transaction import Transaction


async def send_approved(
    tx: Transaction,
    actor: Actor,
    *,
    order: Order,
    payment: Payment,
    request: RefundRequest,
    amount_minor: int,
    refundable: Mapping[int, int],
    source: RefundSource,
    message: str = "",
    rule: str = "",
    first: str = "",
    keep_tickets: bool = False,
) -> Refund:
    """Reserve and queue the refund of a request that has just become approved.

    Args:
        order, payment: Locked, in this order.
        amount_minor: At most what is left of its lines and of the payment.
        refundable: What is left of each of its lines, minor units by line item id.
        message: To the buyer.
        rule: The policy's rule, where that decided and no person did.
        keep_tickets: Its tickets stay valid.
        first: Who approved it first, where it took two.
    """
    request.approved_minor = amount_minor
    refund = await create_refund(
        tx, actor, order=order, payment=payment, amount_minor=amount_minor, source=source, request_id=request.id,
        allocations=shares_of(request, amount_minor, refundable), confirmed=bool(first),
        keeps_tickets=keep_tickets,
    )  # fmt: skip
    await set_in_progress(tx, order, refund, True)
    why = (
        f"By the policy, without a person. {rule}" if rule else f"Approved first by {first}." if first else ""
    )
    kept = "The tickets stay valid." if keep_tickets else ""
    record(
        tx, actor, request, EntryKind.REFUND_APPROVED, amount_minor, refund=refund.public_id, message=message,
        reason=f"{why} {kept}".strip(),
    )  # fmt: skip
    await mail(tx, request, Template.REFUND_APPROVED, amount_minor, message, rule=rule)
    await refresh_order(tx, actor, order, payment)
    return refund


async def left_of(tx: Transaction, order: Order, request: RefundRequest) -> dict[int, int]:
    """Return what is left of the lines that a request is about, minor units by line item id.

    Those of its tickets; where a member made it, those that the refund is to be shared over.
    """
    left = await queries.refundable_lines(tx.session, order.id or 0)
    if request.made_by_id is not None:
        asked = {share["line_item_id"] for share in request.outcome["shares"]}
    else:
        asked = {t.line_item_id for t in await queries.request_tickets(tx.session, request.id or 0)}
    return {line: amount for line, amount in left.items() if line in asked}


def record(
    tx: Transaction, actor: Actor, request: RefundRequest, kind: EntryKind, amount_minor: int, **data: Any
) -> None:
    """Put a decision about a request on its order's timeline."""
    timeline.record(
        tx, actor, organizer_id=request.organizer_id, order_id=request.order_id, kind=kind,
        data={"request": request.public_id, "amount_minor": amount_minor, "currency": request.currency, **data},
    )  # fmt: skip


async def mail(
    tx: Transaction,
    request: RefundRequest,
    template: Template,
    amount_minor: int,
    message: str,
    *,
    rule: str = "",
) -> None:
    """Tell the buyer what was decided."""
    card = await order_queries.mail_card(tx.session, request.order_id)
    await messages.queue(
        tx, organizer_id=request.organizer_id, order_id=request.order_id, to=card["buyer_email"], template=template,
        params={"order": card, "amount_minor": amount_minor, "message": message, "rule": rule},
    )  # fmt: skip


def shares_of(request: RefundRequest, amount: int, refundable: Mapping[int, int]) -> dict[int, int]:
    """Return the policy's own split when its amount is taken and still fits, else one by what is refundable."""
    planned = {
        s["line_item_id"]: s["amount_minor"] for s in request.outcome.get("shares", []) if s["amount_minor"]
    }
    fits = all(part <= refundable.get(line, 0) for line, part in planned.items())
    if fits and sum(planned.values()) == amount:
        return planned
    return allocate(amount, refundable, request.currency)
