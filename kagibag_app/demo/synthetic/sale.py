"""One order while its story is told; written down as it stands in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kagibag_app.demo.synthetic.foundation import Code, Hall
from kagibag_app.demo.synthetic.parts import Charge, Desk, Place
from kagibag_app.demo.synthetic.people import Person
from kagibag_app.demo.synthetic.sheets import document, stamp
from kagibag_app.features.events.views import iso
from kagibag_app.features.messages.documents import subject_line
from kagibag_app.features.messages.rules import MessageStatus, Template
from kagibag_app.features.orders import payloads
from kagibag_app.features.orders.rules import (
    DisputeState,
    OrderSource,
    OrderStatus,
    RefundState,
    SearchKind,
    Seat,
    TicketStatus,
)
from kagibag_app.features.orders.views import LineGroup, LineView, OrderView, TicketView
from kagibag_app.features.promotions.rules import UseState
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import ActorKind

# Kind, user, name: who the timeline says did it.
Who = tuple[str, int | None, str]
KAGIBAG: Who = (ActorKind.SYSTEM.value, None, "Kagibag")
STRIPE: Who = (ActorKind.STRIPE.value, None, "Stripe")
_LETTER = timedelta(seconds=2)
_KEPT, _FAILED = 0.057, 0.003


@dataclass(slots=True)
class Sale:
    """An order. What changes it goes through the methods, which keep the timeline and the version.

    ``doors_open``: its people had their chance to be let in.
    """

    desk: Desk
    hall: Hall
    buyer: Person
    key: int
    public_id: str
    number: str
    placed_at: datetime
    places: list[Place]
    code: Code | None
    source: str = OrderSource.STRIPE.value
    status: str = OrderStatus.PENDING.value
    refunded_minor: int = 0
    refund_state: str = RefundState.NONE.value
    dispute_state: str = DisputeState.NONE.value
    version: int = 0
    use: str = UseState.HELD.value
    hold_until: datetime | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_message: str = ""
    doors_open: bool = False
    updated_at: datetime | None = None
    charge: Charge | None = None
    subtotal_minor: int = field(init=False)
    discount_minor: int = field(init=False)
    total_minor: int = field(init=False)

    def __post_init__(self) -> None:
        self.subtotal_minor = sum(place.kind.price_minor for place in self.places)
        self.discount_minor = sum(place.discount_minor for place in self.places)
        self.total_minor = self.subtotal_minor - self.discount_minor

    @property
    def currency(self) -> str:
        """The event's."""
        return self.hall.spec.currency

    @property
    def who(self) -> Who:
        """The buyer, as the timeline names who acts."""
        return (ActorKind.ATTENDEE.value, None, self.buyer.name)

    def member(self, role: str) -> Who:
        """Return a member as one who acts."""
        found = self.desk.foundation.member(role)
        return (ActorKind.MEMBER.value, found.user_id, found.name)

    def amount(self, minor: int) -> dict[str, Any]:
        """Return an amount as timeline entries carry it."""
        return {"amount_minor": minor, "currency": self.currency}

    def note(self, at: datetime, who: Who, kind: EntryKind, data: dict[str, Any] | None = None) -> None:
        """Put something on the timeline that changes no state."""
        self.desk.sheets.timeline.add(
            self.desk.foundation.organizer_id, self.key, stamp(at), *who, kind.value, "", "", None, document(data or {})
        )  # fmt: skip
        self.updated_at = at

    def _turn(
        self, at: datetime, who: Who, kind: EntryKind, old: str, new: str, data: dict[str, Any] | None
    ) -> None:
        self.version += 1
        self.desk.sheets.timeline.add(
            self.desk.foundation.organizer_id, self.key, stamp(at), *who, kind.value, old, new, self.version,
            document(data or {}),
        )  # fmt: skip
        self.updated_at = at

    def begin(self) -> None:
        """Place it: version 1."""
        data = {
            "total_minor": self.total_minor, "currency": self.currency,
            "discount_code": self.code.code if self.code else "", "discount_minor": self.discount_minor,
        }  # fmt: skip
        self._turn(self.placed_at, self.who, EntryKind.ORDER_PLACED, "", self.status, data)

    def decide(self, at: datetime, who: Who, kind: EntryKind, data: dict[str, Any]) -> None:
        """Note that a member decided about its money: the version grows, the status stays."""
        self._turn(at, who, kind, self.status, self.status, data)

    def cancel(self, at: datetime, who: Who, *, returning_minor: int = 0) -> None:
        """Move it to cancelled and tell its buyer; where it was paid, its tickets are void."""
        was_paid = self.paid_at is not None and self.total_minor > 0
        self.become(at, who, OrderStatus.CANCELLED, {"message": self.cancel_message})
        params = {
            "order": self.card(), "was_paid": was_paid, "amount_minor": returning_minor,
            "message": self.cancel_message,
        }  # fmt: skip
        self.mail(at, Template.ORDER_CANCELLED, self.buyer.email, params)
        alive = [place for place in self.places if place.status != TicketStatus.VOID]
        if self.paid_at is not None and alive:
            again = self.hall.spec.policy.put_back_on_sale
            self.void(at, who, alive, "order cancelled", back_on_sale=again)

    def become(self, at: datetime, who: Who, status: OrderStatus, data: dict[str, Any] | None = None) -> None:
        """Move it to another status."""
        old, self.status = self.status, status.value
        if status is OrderStatus.CANCELLED:
            self.cancelled_at = at
        self._turn(at, who, EntryKind.ORDER_STATUS, old, self.status, data)

    def set_refunds(self, at: datetime, who: Who, refunded_minor: int, state: RefundState) -> None:
        """Store what its refunds come to."""
        self.refunded_minor = refunded_minor
        if state.value != self.refund_state:
            old, self.refund_state = self.refund_state, state.value
            data = {"refunded_minor": refunded_minor, "currency": self.currency}
            self._turn(at, who, EntryKind.REFUND_STATE, old, self.refund_state, data)

    def set_disputes(self, at: datetime, state: DisputeState) -> None:
        """Store how its disputes stand."""
        if state.value != self.dispute_state:
            old, self.dispute_state = self.dispute_state, state.value
            self._turn(at, STRIPE, EntryKind.DISPUTE_STATE, old, self.dispute_state, None)

    def release(self) -> None:
        """Give back what it holds: seats, and the use of its code."""
        for place in self.places:
            place.seat = Seat.RELEASED.value
        self.use, self.hold_until = UseState.RELEASED.value, None

    def void(self, at: datetime, who: Who, places: list[Place], reason: str, *, back_on_sale: bool) -> None:
        """Make tickets useless."""
        for place in places:
            place.status, place.in_progress = TicketStatus.VOID.value, False
            place.voided_at, place.void_reason = at, reason
            if back_on_sale:
                place.seat = Seat.RELEASED.value
        data = {"tickets": [place.code for place in places], "reason": reason}
        self.note(at, who, EntryKind.TICKETS_VOIDED, data)

    def revive(self, at: datetime, who: Who, places: list[Place]) -> None:
        """Make tickets valid again."""
        for place in places:
            place.status, place.seat = TicketStatus.VALID.value, Seat.SOLD.value
            place.voided_at, place.void_reason = None, ""
        data = {"tickets": [place.code for place in places], "reason": ""}
        self.note(at, who, EntryKind.TICKETS_REVIVED, data)

    def mail(self, at: datetime, template: Template, to: str, params: dict[str, Any]) -> None:
        """Write a mail about it into the log, with what became of it."""
        desk = self.desk
        share = desk.chance.random()
        status = MessageStatus.SENT if share > _KEPT + _FAILED else MessageStatus.KEPT
        error = ""
        if share < _FAILED:
            status, error = MessageStatus.FAILED, "The mail server does not know this mailbox."
        message, sent_at = desk.chance.public_id("msg"), at + _LETTER
        desk.sheets.mails.add(
            message, desk.foundation.organizer_id, self.key, to, template.value, document(params), status.value, 1,
            error, stamp(at), None if error else stamp(sent_at),
        )  # fmt: skip
        data: dict[str, Any] = {
            "template": template.value,
            "subject": self._subject(template, params),
            "to": to,
            "message": message,
        }
        if error:
            data["error"] = error
        elif status is MessageStatus.KEPT:
            data["kept"] = True
        self.note(sent_at, KAGIBAG, EntryKind.MAIL_FAILED if error else EntryKind.MAIL_SENT, data)

    def _subject(self, template: Template, params: dict[str, Any]) -> str:
        if template is not Template.CONFIRMATION:
            return subject_line(template, params)
        # Nearly all mails are of this kind, and only the number differs.
        if not self.hall.subject:
            self.hall.subject = subject_line(template, params).removesuffix(self.number)
        return self.hall.subject + self.number

    def tell_deciders(self, at: datetime, template: Template, params: dict[str, Any]) -> None:
        """Write a mail to each member who decides about money."""
        for role in ("owner", "manager"):
            member = self.desk.foundation.member(role)
            self.mail(at, template, member.email, params | {"member": member.name})

    def card(self) -> dict[str, Any]:
        """Return what every mail about it shows."""
        return payloads.mail_card(self.view(), link_version=1)

    def view(self) -> OrderView:
        """Return it as screens, mails and webhooks read it now."""
        code, facts = (self.code.code, self.code.facts) if self.code else ("", None)
        groups: dict[str, LineGroup] = {}
        for place in self.places:
            before = groups.get(place.kind.name)
            count, price = (before.quantity if before else 0) + 1, place.kind.price_minor
            groups[place.kind.name] = LineGroup(place.kind.name, count, price, count * price)
        issued = self.paid_at is not None
        return OrderView(
            id=self.public_id, number=self.number, status=self.status, source=self.source,
            refund_state=self.refund_state, dispute_state=self.dispute_state, buyer_name=self.buyer.name,
            buyer_email=self.buyer.email, currency=self.currency, subtotal_minor=self.subtotal_minor,
            discount_minor=self.discount_minor, total_minor=self.total_minor, refunded_minor=self.refunded_minor,
            discount_code=code, discount_kind=facts.kind.value if facts else "",
            discount_value=facts.value if facts else 0, locale=self.buyer.language, version=self.version,
            placed_at=iso(self.placed_at), hold_until=iso(self.hold_until), paid_at=iso(self.paid_at),
            cancelled_at=iso(self.cancelled_at), event=self.hall.view, groups=list(groups.values()),
            lines=[
                LineView(p.public_id, p.kind.name, p.kind.price_minor, p.discount_minor, p.net_minor, p.ticket_id)
                for p in self.places
            ],
            tickets=[self._ticket(p, position) for position, p in enumerate(self.places, 1)] if issued else [],
        )  # fmt: skip

    def _ticket(self, place: Place, position: int) -> TicketView:
        return TicketView(
            place.ticket_id, place.code, place.status, place.kind.name, place.public_id, place.net_minor, position,
            len(self.places), place.in_progress, iso(place.checked_in_at), iso(place.voided_at), place.void_reason,
        )  # fmt: skip

    def found_by(self, kind: SearchKind, value: str) -> None:
        """Let it be found by a value, folded as searches are."""
        self.desk.sheets.search.add(self.desk.foundation.organizer_id, kind.value, value, self.key)
