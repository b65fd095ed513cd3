"""Who may decide about an order's money, and who was first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app import l10n
from kagibag_app.features.accounts.service import require
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.queries import OrderMoney
from kagibag_app.features.refunds.rules import REQUEST_MOVES, RequestStatus
from kagibag_app.features.refunds.service.requests import check_refundable
from kagibag_app.features.refunds.service.states import hold_tickets
from kagibag_app.features.refunds.tables import RefundRequest
from kagibag_app.features.timeline import queries as timeline
from kagibag_app.features.timeline.views import sentence
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.storage.transaction import Transaction

_RELOAD = "Reload the page, then decide again. Nothing was changed."

__all__ = [
    "AlreadyDecided",
    "check_waits",
    "claim",
    "lock_money",
    "locked_money",
    "paying_payment",
    "require",
]


class AlreadyDecided(DomainError):
    """Somebody else was first; the sentence says who, what and when."""

    code = "already_decided"


async def paying_payment(tx: Transaction, order: Order) -> Payment:
    """Lock and return the payment that paid an order.

    Raises:
        DomainError: ``nothing_was_paid`` or ``order_not_paid``.
    """
    known = await queries.refundable_payment(tx.session, order.id or 0)
    if known is None:
        check_refundable(order, None)
        raise NotFound("payment")
    return await payments.locked(tx, known.id or 0)


async def lock_money(tx: Transaction, actor: Actor, reference: object, version: object) -> OrderMoney:
    """Lock an order of the actor's organizer that nobody has decided about since the actor looked at it.

    Args:
        reference: The order's public id, a claim from outside.
        version: The order's version that the member was looking at; every decision about its money raises it.

    Raises:
        NotFound: No such order there.
        BadInput: The version is none that the order ever had.
        AlreadyDecided: Something was decided or happened meanwhile.
    """
    organizer_id = actor.organizer_id or 0
    known = await order_queries.organizer_order(tx.session, organizer_id, reference)
    order = await orders.lock(tx, known.id)
    if type(version) is not int or version > order.version:
        raise BadInput(_RELOAD, field="version")
    if version != order.version:
        raise await _changed(tx, order)
    return await _money(tx, organizer_id, order.id)


async def locked_money(tx: Transaction, actor: Actor, order_id: int) -> OrderMoney:
    """Lock an order of the actor's organizer, whatever was decided about it meanwhile.

    Raises:
        NotFound: No such order there.
    """
    await orders.lock(tx, order_id)
    return await _money(tx, actor.organizer_id or 0, order_id)


async def _money(tx: Transaction, organizer_id: int, order_id: int) -> OrderMoney:
    money = await queries.order_money(tx.session, organizer_id, order_id)
    if money is None:
        raise NotFound("order")
    if money.payment is not None:
        await payments.locked(tx, money.payment.id)
    return money


async def check_waits(
    tx: Transaction, request: RefundRequest, version: object, *statuses: RequestStatus
) -> None:
    """Refuse to decide about a locked request that somebody has decided about since the member looked at it.

    Args:
        statuses: It has to be in one of these.

    Raises:
        BadInput: The version is none.
        AlreadyDecided: The sentence says who, what and when.
    """
    if type(version) is not int:
        raise BadInput(_RELOAD, field="version")
    if version != request.version or request.status not in statuses:
        raise await _too_late(tx, request)


async def claim(
    tx: Transaction,
    actor: Actor,
    request: RefundRequest,
    version: object,
    target: RequestStatus,
    message: str | None,
    *,
    proposal: dict[str, Any] | None = None,
) -> None:
    """Decide by compare-and-set on status and version; keep the answer unless ``message`` is ``None``.

    Args:
        proposal: What is kept of a first approval: it decides nothing, so that the buyer sees nothing of it.
    """
    if type(version) is not int:
        raise BadInput(_RELOAD, field="version")
    may = [s for s, targets in REQUEST_MOVES.moves.items() if target in targets and _decidable(s, message)]
    decision: dict[str, Any] = {"status": target, "version": col(RefundRequest.version) + 1}
    if proposal is None:
        decision |= {"decided_at": tx.now, "decided_by_id": actor.user_id, "decided_by": actor.name}
        if message is not None:
            decision["decision_message"] = message
    else:
        decision["proposal"] = proposal
    result = await tx.session.execute(
        sa.update(RefundRequest)
        .where(
            col(RefundRequest.id) == request.id,
            col(RefundRequest.version) == version,
            col(RefundRequest.status).in_(may),
        )
        .values(**decision)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise await _too_late(tx, request)
    await tx.session.refresh(request)
    await hold_tickets(tx, request)


def _decidable(status: RequestStatus, message: str | None) -> bool:
    """A retry (no message) starts from a failure; a decision from a request that waits for one."""
    return (status == RequestStatus.FAILED) == (message is None)


async def _changed(tx: Transaction, order: Order) -> AlreadyDecided:
    entry = await timeline.change(tx.session, order_id=order.id, version=order.version)
    organizer = await tx.session.get_one(Organizer, order.organizer_id)
    if entry is None:
        return AlreadyDecided("This order changed while you looked at it. Nothing was decided; look again.")
    what = sentence(entry.kind, old_state=entry.old_state, new_state=entry.new_state, data=entry.data)
    when = l10n.moment(entry.at, organizer.zone)
    return AlreadyDecided(
        f"{entry.actor_name or 'Somebody'} was first, on {when}: {what}. Nothing was changed by you; look again."
    )


async def _too_late(tx: Transaction, request: RefundRequest) -> AlreadyDecided:
    organizer = await tx.session.get_one(Organizer, request.organizer_id)
    if request.status == RequestStatus.AWAITING_SECOND:
        first = request.proposal
        amount = l10n.money(first["amount_minor"], request.currency)
        at = l10n.moment(datetime.fromisoformat(first["at"]), organizer.zone)
        return AlreadyDecided(
            f"{first['by']} approved {amount} of this request on {at}; it waits for a second person. "
            "Nothing was changed by you; look again."
        )
    if request.status == RequestStatus.OPEN:
        return AlreadyDecided("This request changed while you looked at it. Nothing was decided; look again.")
    if request.status in (RequestStatus.WITHDRAWN, RequestStatus.SUPERSEDED) or request.decided_at is None:
        return AlreadyDecided(f"This request is {request.status}. Nothing was changed.")
    what = "declined" if request.status == RequestStatus.DECLINED else "approved"
    if what == "approved" and request.approved_minor:
        what += f" {l10n.money(request.approved_minor, request.currency)} of"
    when = l10n.moment(request.decided_at, organizer.zone)
    who = request.decided_by or "The policy"
    return AlreadyDecided(f"{who} {what} this request on {when}. Nothing was changed by you.")
