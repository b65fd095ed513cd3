"""What waits for a second person: approved by one, sent by nobody, and unknown to the buyer until it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.notifications.service import tell_organizer
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.rules.limits import Alone, limit_for
from kagibag_app.features.refunds.service.approving import record
from kagibag_app.features.refunds.service.claiming import check_waits, claim, require
from kagibag_app.features.refunds.service.creation import touch
from kagibag_app.features.refunds.service.locking import lock_request
from kagibag_app.features.refunds.tables import RefundRequest, RefundRequestTicket
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit import ids
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody approved first.

    Attributes:
        amount_minor: Minor units of the order's currency.
        message: To the buyer, once it is confirmed.
        keep_tickets: Its tickets stay valid.
    """

    amount_minor: int
    message: str = ""
    keep_tickets: bool = False


async def propose(
    tx: Transaction, actor: Actor, request: RefundRequest, version: object, made: Proposal, alone: Alone
) -> None:
    """Let a locked request wait for a second person, with what the first one approved."""
    await claim(
        tx,
        actor,
        request,
        version,
        RequestStatus.AWAITING_SECOND,
        made.message,
        proposal=_document(tx, actor, made),
    )
    await _announce(tx, actor, request, made.amount_minor, alone)


async def propose_refund(
    tx: Transaction,
    actor: Actor,
    order: Order,
    made: Proposal,
    alone: Alone,
    *,
    shares: Mapping[int, int],
    tickets: Sequence[Ticket],
    cancels_order: bool = False,
) -> RefundRequest:
    """Let a refund that a member began wait for a second person, as a request that the member made.

    Args:
        order: Locked.
        shares: Minor units by line item id.
        tickets: Those that it ends.
    """
    row = RefundRequest(
        public_id=ids.public_id("rr"), organizer_id=order.organizer_id, order_id=order.id or 0,
        status=RequestStatus.AWAITING_SECOND, reason_category="", currency=order.currency, amount_minor=made.amount_minor,
        outcome={"shares": [{"line_item_id": line, "amount_minor": part} for line, part in shares.items()]},
        created_at=tx.now, proposal=_document(tx, actor, made), made_by_id=actor.user_id, made_by=actor.name,
        cancels_order=cancels_order,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    # Not held: the buyer may ask for them meanwhile, and must not notice.
    tx.session.add_all(
        RefundRequestTicket(
            request_id=row.id or 0, ticket_id=ticket.id or 0, line_item_id=ticket.line_item_id,
            amount_minor=shares.get(ticket.line_item_id, 0), active=False,
        )
        for ticket in tickets
    )  # fmt: skip
    await tx.session.flush()
    await _announce(tx, actor, row, made.amount_minor, alone)
    return row


async def send_back(tx: Transaction, actor: Actor, *, request_id: str, version: int) -> None:
    """Take a first approval back: the request is open again, and one that a member made is closed.

    Args:
        version: The request's version that the member was looking at.

    Raises:
        Forbidden: The actor's role may not decide.
        NotFound: No such request in the actor's organization.
        AlreadyDecided: It does not wait for a second person any more.
    """
    require(actor, Action.DECIDE_REFUNDS)
    _, request = await lock_request(tx, actor, request_id)
    await check_waits(tx, request, version, RequestStatus.AWAITING_SECOND)
    made_by_member = request.made_by_id is not None
    target = RequestStatus.WITHDRAWN if made_by_member else RequestStatus.OPEN
    amount = int(request.proposal.get("amount_minor", 0))
    await claim(tx, actor, request, version, target, "", proposal={})
    record(tx, actor, request, EntryKind.REFUND_NOT_CONFIRMED, amount)
    touch(tx, request.organizer_id, request.order_id)


class SecondPersonNeeded(DomainError):
    """It is more than the actor may give back alone."""

    code = "second_person_needed"


def check_other_person(actor: Actor, request: RefundRequest) -> None:
    """Refuse that somebody confirms what they approved themselves.

    Raises:
        DomainError: ``second_person_needed``.
    """
    if request.status == RequestStatus.AWAITING_SECOND and request.proposal.get("by_id") == actor.user_id:
        raise DomainError(
            "You approved this first, so an owner or another manager has to confirm it. Nothing was changed.",
            code="second_person_needed",
        )


async def alone_of(tx: Transaction, actor: Actor, order: Order) -> Alone:
    """Return what a member may still give back of an order without a second person."""
    limit = (await accounts.manager_limits(tx.session, order.organizer_id)).get(order.currency)
    given = await queries.given_alone(tx.session, order.organizer_id, order.id or 0, actor.user_id or 0)
    return Alone(limit_for(actor.role, limit), given)


def _document(tx: Transaction, actor: Actor, made: Proposal) -> dict[str, Any]:
    return {
        "by_id": actor.user_id, "by": actor.name, "at": tx.now.isoformat(), "amount_minor": made.amount_minor,
        "message": made.message, "keep_tickets": made.keep_tickets,
    }  # fmt: skip


async def _announce(tx: Transaction, actor: Actor, request: RefundRequest, amount: int, alone: Alone) -> None:
    record(
        tx, actor, request, EntryKind.REFUND_FIRST_APPROVED, amount, reason=alone.sentence(request.currency)
    )
    await tell_organizer(
        tx, organizer_id=request.organizer_id, order_id=request.order_id, template=Template.REFUND_AWAITS_SECOND,
        but=actor.user_id,
        params={
            "order": await order_queries.mail_card(tx.session, request.order_id), "amount_minor": amount,
            "by": actor.name, "request_public_id": request.public_id, "why": alone.sentence(request.currency),
        },
    )  # fmt: skip
    touch(tx, request.organizer_id, request.order_id)
