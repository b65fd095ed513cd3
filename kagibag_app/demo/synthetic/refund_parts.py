"""One request and one refund as they stand, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kagibag_app.demo.synthetic.parts import Place
from kagibag_app.demo.synthetic.sale import Sale, Who
from kagibag_app.demo.synthetic.selling import charge_of
from kagibag_app.demo.synthetic.sheets import document, maybe_stamp, stamp
from kagibag_app.features.orders.rules import SearchKind, stripe_value
from kagibag_app.features.refunds.rules import ACTIVE_REQUESTS, RefundSource, RefundStatus, RequestStatus


@dataclass(slots=True)
class Request:
    """What a buyer asked for."""

    key: int
    public_id: str
    places: list[Place]
    shares: dict[int, int]
    outcome: dict[str, Any]
    category: str
    reason: str
    asked_at: datetime
    status: RequestStatus = RequestStatus.OPEN
    version: int = 1
    approved_minor: int | None = None
    decided_at: datetime | None = None
    decided_by: Who | None = None
    answer: str = ""
    reply: str = ""
    replied_at: datetime | None = None

    @property
    def amount_minor(self) -> int:
        """What the policy gave."""
        return sum(self.shares.values())

    def move(self, status: RequestStatus) -> None:
        """Move it on."""
        self.status, self.version = status, self.version + 1


@dataclass(slots=True)
class Repayment:
    """One refund. ``places``: the tickets that a member named as those it ends."""

    key: int
    public_id: str
    request: Request | None
    amount_minor: int
    shares: Mapping[int, int]
    source: RefundSource
    by: str
    created_at: datetime
    retry_of: int | None = None
    places: tuple[Place, ...] = ()
    cancels_order: bool = False
    status: RefundStatus = RefundStatus.CREATED
    raw_status: str = ""
    stripe_id: str | None = None
    failure_code: str = ""
    failure_message: str = ""
    pending_reason: str = ""
    reference: str = ""
    tries: int = 0
    flagged: bool = False
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    settled_at: datetime | None = None


def write_request(sale: Sale, request: Request) -> None:
    """Add the rows of a request."""
    sheets = sale.desk.sheets
    who = request.decided_by or ("", None, "")
    sheets.requests.put(
        request.key, request.public_id, sale.desk.foundation.organizer_id, sale.key, request.status.value,
        request.version, request.category, request.reason, sale.currency, request.amount_minor,
        request.approved_minor, document(request.outcome), stamp(request.asked_at),
        maybe_stamp(request.decided_at), who[1], who[2], request.answer, request.reply,
        maybe_stamp(request.replied_at),
    )  # fmt: skip
    active = int(request.status in ACTIVE_REQUESTS)
    for place in request.places:
        sheets.request_tickets.add(
            request.key, place.ticket_key, place.key, request.shares[place.key], active
        )


def write_repayment(sale: Sale, made: Repayment) -> None:
    """Add the rows of a refund."""
    sheets = sale.desk.sheets
    desk, charge = sale.desk, charge_of(sale)
    looked = made.settled_at or made.accepted_at
    sheets.refunds.put(
        made.key, made.public_id, desk.foundation.organizer_id, sale.key, charge.key,
        made.request.key if made.request else None, desk.foundation.account, made.amount_minor, sale.currency,
        made.source.value, made.status.value, made.raw_status, f"refund-{made.public_id}", made.stripe_id,
        made.failure_code, made.failure_message, made.pending_reason, made.reference, made.retry_of, made.by,
        made.tries, int(made.flagged), int(made.cancels_order), stamp(made.created_at), maybe_stamp(made.sent_at),
        maybe_stamp(looked if made.stripe_id else None), maybe_stamp(made.accepted_at),
        maybe_stamp(made.settled_at),
    )  # fmt: skip
    for place in made.places:
        sheets.refund_tickets.add(made.key, place.ticket_key)
    if made.stripe_id:
        sale.found_by(SearchKind.REFUND, stripe_value(made.stripe_id))
    for line, amount in made.shares.items():
        if amount:
            sheets.allocations.add(made.key, line, amount)
