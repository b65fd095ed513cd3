"""Requests and refunds of one order: what their services would have written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kagibag_app.demo.synthetic.parts import Place
from kagibag_app.demo.synthetic.refund_parts import Repayment, Request, write_repayment, write_request
from kagibag_app.demo.synthetic.sale import KAGIBAG, STRIPE, Sale, Who
from kagibag_app.demo.synthetic.selling import book, charge_of
from kagibag_app.demo.synthetic.sheets import stamp
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.refunds.rules import (
    IN_FLIGHT,
    RESERVING,
    OrderFacts,
    RefundSource,
    RefundStatus,
    RequestStatus,
    TicketFacts,
    allocate,
    failure_sentence,
    money_state,
    policy_outcome,
)
from kagibag_app.features.refunds.service.requests import outcome_document
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import ActorKind


@dataclass(slots=True)
class Refunds:
    """The requests and refunds of a sale. Each verb leaves the entries, mails and bookings of its service."""

    sale: Sale
    requests: list[Request] = field(default_factory=list)
    repayments: list[Repayment] = field(default_factory=list)

    def ask(self, at: datetime, places: Sequence[Place], category: str, reason: str) -> Request:
        """The buyer asks for the money of some tickets."""
        sale, hall = self.sale, self.sale.hall
        policy, facts = hall.spec.policy, OrderFacts(sale.currency, hall.starts_at, hall.spec.zone)
        tickets = [TicketFacts(place.key, place.net_minor) for place in places]
        outcome = policy_outcome(policy, facts, tickets, at)
        request = Request(
            sale.desk.sheets.requests.reserve(), sale.desk.chance.public_id("rr"), list(places),
            {share.line_item_id: share.amount_minor for share in outcome.shares},
            outcome_document(policy, facts, outcome), category, reason, at,
        )  # fmt: skip
        self.requests.append(request)
        self._about(
            request,
            at,
            sale.who,
            EntryKind.REFUND_REQUESTED,
            message=reason,
            tickets=[p.code for p in places],
        )
        asked = {
            "public_id": request.public_id, "amount_minor": request.amount_minor, "category": category,
            "reason_text": reason, "tickets": len(places),
        }  # fmt: skip
        sale.tell_deciders(at, Template.REFUND_REQUESTED, {"order": sale.card(), "request": asked})
        return request

    def decide(self, at: datetime, request: Request, who: Who, status: RequestStatus, answer: str) -> None:
        """Somebody decides; the buyer gets a mail."""
        request.move(status)
        request.decided_at, request.decided_by, request.answer = at, who, answer
        if status is RequestStatus.DECLINED:
            self._about(request, at, who, EntryKind.REFUND_DECLINED, message=answer)
            params = {"order": self.sale.card(), "amount_minor": request.amount_minor, "message": answer}
            self.sale.mail(at, Template.REFUND_DECLINED, self.sale.buyer.email, params)

    def withdraw(self, at: datetime, request: Request) -> None:
        """The buyer takes it back."""
        request.move(RequestStatus.WITHDRAWN)
        self._about(request, at, self.sale.who, EntryKind.REFUND_WITHDRAWN)

    def reply(self, at: datetime, request: Request, words: str) -> None:
        """The buyer answers a decision, once."""
        request.move(RequestStatus.OPEN)
        request.reply, request.replied_at = words, at
        self._about(request, at, self.sale.who, EntryKind.REFUND_REPLIED, message=words)

    def write_down(self, at: datetime, request: Request, words: str) -> None:
        """Support adds a private note."""
        who, desk = self.sale.member("support"), self.sale.desk
        desk.sheets.notes.add(request.key, desk.foundation.organizer_id, who[1], who[2], words, stamp(at))
        self.sale.note(at, who, EntryKind.NOTE_ADDED, {"request": request.public_id, "message": words})

    def approve(self, at: datetime, request: Request, who: Who, answer: str) -> Repayment:
        """Somebody approves what was asked, or all that was paid where the policy gives nothing."""
        self.decide(at, request, who, RequestStatus.APPROVED, answer)
        net = {place.key: place.net_minor for place in request.places}
        amount = request.amount_minor or sum(net.values())
        shares = request.shares if request.amount_minor else net
        request.approved_minor = amount
        source = RefundSource.POLICY if who[0] == ActorKind.SYSTEM else RefundSource.REQUEST
        made = self.create(at, who, amount, shares, source, request=request)
        self._mark(request, True)
        self._about(
            request,
            at,
            who,
            EntryKind.REFUND_APPROVED,
            amount=amount,
            message=answer,
            refund=made.public_id,
        )
        params = {"order": self.sale.card(), "amount_minor": amount, "message": answer}
        self.sale.mail(at, Template.REFUND_APPROVED, self.sale.buyer.email, params)
        self.refresh(at, who)
        return made

    def again(self, at: datetime, failed: Repayment, who: Who) -> Repayment:
        """Somebody sends a failed refund again."""
        if failed.request is not None:
            failed.request.move(RequestStatus.APPROVED)
            failed.request.decided_at, failed.request.decided_by = at, who
            self._mark(failed.request, True)
        made = self.create(
            at, who, failed.amount_minor, failed.shares, failed.source, request=failed.request, retry_of=failed.key
        )  # fmt: skip
        self.step(at, made, who, EntryKind.REFUND_RETRIED)
        self.refresh(at, who)
        return made

    def create(
        self,
        at: datetime,
        who: Who,
        amount: int,
        shares: Mapping[int, int],
        source: RefundSource,
        *,
        request: Request | None = None,
        retry_of: int | None = None,
    ) -> Repayment:
        """Make the row and set the amount aside."""
        desk = self.sale.desk
        made = Repayment(
            desk.sheets.refunds.reserve(), desk.chance.public_id("rf"), request, amount, shares, source, who[2], at,
            retry_of,
        )  # fmt: skip
        charge_of(self.sale).committed_minor += amount
        self.repayments.append(made)
        return made

    def start(
        self,
        at: datetime,
        who: Who,
        amount: int,
        shares: Mapping[int, int],
        places: Sequence[Place],
        words: str,
    ) -> Repayment:
        """A member gives money back without having been asked; the buyer gets a mail."""
        made = self._by_member(at, who, amount, shares, places)
        codes = [place.code for place in places]
        data = {
            "refund": made.public_id, **self.sale.amount(amount), "tickets": codes, "message": words,
        }  # fmt: skip
        self.sale.decide(at, who, EntryKind.REFUND_STARTED, data)
        params = {"order": self.sale.card(), "amount_minor": amount, "tickets": codes, "message": words}
        self.sale.mail(at, Template.REFUND_STARTED, self.sale.buyer.email, params)
        self.refresh(at, who)
        return made

    def start_cancelling(self, at: datetime, who: Who, words: str) -> Repayment:
        """A member cancels the order: what is left goes back first."""
        sale, left = self.sale, self.left()
        made = self._by_member(at, who, sum(left.values()), left, sale.places)
        made.cancels_order, sale.cancel_message = True, words
        data = {"refund": made.public_id, **sale.amount(made.amount_minor), "message": words}
        sale.decide(at, who, EntryKind.CANCEL_STARTED, data)
        self.refresh(at, who)
        return made

    def _by_member(
        self, at: datetime, who: Who, amount: int, shares: Mapping[int, int], places: Sequence[Place]
    ) -> Repayment:
        made = self.create(at, who, amount, shares, RefundSource.ADMIN)
        made.places = tuple(places)
        for place in places:
            place.in_progress = True
        return made

    def send(self, at: datetime, made: Repayment) -> None:
        """A request leaves for Stripe."""
        made.status, made.tries, made.sent_at = RefundStatus.SUBMITTING, made.tries + 1, at

    def accept(self, at: datetime, made: Repayment, status: RefundStatus, *, raw: str = "") -> None:
        """Stripe has it: tickets are void from now on; a refund that succeeded is told to the buyer."""
        sale = self.sale
        if made.stripe_id is None:
            made.stripe_id = sale.desk.chance.stripe_id("re")
            self.step(at, made, KAGIBAG, EntryKind.REFUND_SENT, stripe_id=made.stripe_id)
        first = made.accepted_at is None
        made.status, made.raw_status, made.accepted_at = status, raw or status.value, made.accepted_at or at
        if first:
            book(sale, at, LedgerKind.REFUND, -made.amount_minor, 0, made.public_id)
            self._void(at, made)
        if status is not RefundStatus.SUCCEEDED:
            made.pending_reason = "processing"
            self.step(at, made, STRIPE, EntryKind.REFUND_PENDING, stripe_id=made.stripe_id)
        else:
            self._succeed(at, made)
        self.refresh(at, STRIPE)

    def _succeed(self, at: datetime, made: Repayment) -> None:
        sale = self.sale
        made.settled_at, made.pending_reason = at, ""
        made.reference = f"{int(sale.desk.chance.random() * 10**15):015}"
        if made.request is not None and made.request.status is RequestStatus.APPROVED:
            made.request.move(RequestStatus.FULFILLED)
        self.step(at, made, STRIPE, EntryKind.REFUND_SUCCEEDED, stripe_id=made.stripe_id)
        charge = charge_of(sale)
        params = {
            "order": sale.card(), "amount_minor": made.amount_minor, "refund_public_id": made.public_id,
            "bank_reference": made.reference, "method": f"{charge.brand.title()} •••• {charge.last4}",
        }  # fmt: skip
        sale.mail(at, Template.REFUNDED, sale.buyer.email, params)

    def fail(self, at: datetime, made: Repayment, code: str) -> None:
        """It failed, before Stripe took it or when the bank sent the money back."""
        sale, accepted = self.sale, made.accepted_at is not None
        made.status, made.failure_code, made.settled_at = RefundStatus.FAILED, code, at
        made.failure_message = failure_sentence(code)
        if accepted:
            made.raw_status = "failed"
            book(sale, at, LedgerKind.REFUND_REVERSAL, made.amount_minor, 0, made.public_id)
        self._give_room_back(made)
        if accepted and made.request is not None:
            sale.revive(at, STRIPE, made.request.places)
        if made.request is not None:
            made.request.move(RequestStatus.FAILED)
        who = STRIPE if accepted else KAGIBAG
        self.step(
            at,
            made,
            who,
            EntryKind.REFUND_FAILED,
            reason=made.failure_message,
            code=code,
            tickets_stay_void=False,
        )
        params = {
            "order": sale.card(), "amount_minor": made.amount_minor, "reason": made.failure_message,
            "request_public_id": made.request.public_id if made.request else "",
        }  # fmt: skip
        sale.tell_deciders(at, Template.REFUND_FAILED, params)
        self.refresh(at, who)

    def cancel(self, at: datetime, made: Repayment) -> None:
        """It is canceled before it was sent; its request is to be decided anew."""
        made.status, made.settled_at = RefundStatus.CANCELED, at
        self._give_room_back(made)
        if made.request is not None:
            made.request.move(RequestStatus.OPEN)
        self.step(at, made, KAGIBAG, EntryKind.REFUND_CANCELED)
        self.refresh(at, KAGIBAG)

    def step(self, at: datetime, made: Repayment, who: Who, kind: EntryKind, **data: Any) -> None:
        """Put a refund's step on the timeline."""
        about = {"refund": made.public_id, **self.sale.amount(made.amount_minor), **data}
        self.sale.note(at, who, kind, about)

    def refresh(self, at: datetime, who: Who) -> None:
        """Recompute what the order shows; money that came too late never belonged to it."""
        own = [made for made in self.repayments if made.source is not RefundSource.LATE_PAYMENT]
        succeeded = sum(made.amount_minor for made in own if made.status is RefundStatus.SUCCEEDED)
        refunded, state = money_state(
            total_minor=self.sale.total_minor, succeeded_minor=succeeded,
            in_flight=any(made.status in IN_FLIGHT for made in own),
        )  # fmt: skip
        self.sale.set_refunds(at, who, refunded, state)

    def left(self) -> dict[int, int]:
        """Return what is refundable of each line."""
        taken: dict[int, int] = {}
        for made in self.repayments:
            if made.status in RESERVING:
                for line, amount in made.shares.items():
                    taken[line] = taken.get(line, 0) + amount
        return {place.key: place.net_minor - taken.get(place.key, 0) for place in self.sale.places}

    def split(self, amount: int) -> dict[int, int]:
        """Share an amount over the lines by what is left of each."""
        return allocate(amount, self.left(), self.sale.currency)

    def _void(self, at: datetime, made: Repayment) -> None:
        sale = self.sale
        if made.cancels_order:
            sale.cancel(at, STRIPE, returning_minor=made.amount_minor)
            return
        if made.request is not None:
            places = made.request.places
        elif made.source is RefundSource.ADMIN:
            places = list(made.places)
        elif made.source is RefundSource.LATE_PAYMENT or any(self.left().values()):
            return
        else:
            places = sale.places
        if places:
            sale.void(at, STRIPE, places, "refunded", back_on_sale=sale.hall.spec.policy.put_back_on_sale)

    def _mark(self, request: Request, value: bool) -> None:
        for place in request.places:
            place.in_progress = value

    def _give_room_back(self, made: Repayment) -> None:
        charge_of(self.sale).committed_minor -= made.amount_minor
        if made.request is not None:
            self._mark(made.request, False)

    def _about(
        self,
        request: Request,
        at: datetime,
        who: Who,
        kind: EntryKind,
        *,
        amount: int | None = None,
        **data: Any,
    ) -> None:
        shown = self.sale.amount(request.amount_minor if amount is None else amount)
        self.sale.note(at, who, kind, {"request": request.public_id, **shown, **data})

    def write(self) -> None:
        """Add their rows."""
        for request in self.requests:
            write_request(self.sale, request)
        for made in self.repayments:
            write_repayment(self.sale, made)
