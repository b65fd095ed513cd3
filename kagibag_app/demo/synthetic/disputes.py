"""How orders come to be disputed, and what the bank says in the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kagibag_app.demo.synthetic.catalogue import END
from kagibag_app.demo.synthetic.sale import STRIPE, Sale
from kagibag_app.demo.synthetic.selling import book, buy, charge_of, check_in
from kagibag_app.demo.synthetic.sheets import document, maybe_stamp, stamp
from kagibag_app.features.disputes.rules import (
    CLOSED,
    OPEN_CHARGEBACK,
    DisputeEventKind,
    DisputeStatus,
    kind_of,
    order_state,
    reason_label,
)
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders.rules import SearchKind, stripe_value
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.sandbox.currency import dispute_fee

_D = DisputeStatus
# What it was before it became what it is.
_BEFORE: dict[DisputeStatus, tuple[DisputeStatus, ...]] = {
    _D.INQUIRY_NEEDS_RESPONSE: (),
    _D.INQUIRY_UNDER_REVIEW: (_D.INQUIRY_NEEDS_RESPONSE,),
    _D.INQUIRY_CLOSED: (_D.INQUIRY_NEEDS_RESPONSE, _D.INQUIRY_UNDER_REVIEW),
    _D.NEEDS_RESPONSE: (),
    _D.UNDER_REVIEW: (_D.NEEDS_RESPONSE,),
    _D.WON: (_D.NEEDS_RESPONSE, _D.UNDER_REVIEW),
    _D.LOST: (_D.NEEDS_RESPONSE,),
    _D.PREVENTED: (),
    _D.UNKNOWN: (),
}
# Stripe's words for ours, where they differ; one that we don't know yet among them.
_RAW = {
    _D.INQUIRY_NEEDS_RESPONSE: "warning_needs_response",
    _D.INQUIRY_UNDER_REVIEW: "warning_under_review",
    _D.INQUIRY_CLOSED: "warning_closed",
    _D.UNKNOWN: "charge_in_arbitration",
}
_REASONS = (
    "fraudulent", "fraudulent", "fraudulent", "product_not_received", "product_unacceptable", "unrecognized",
    "duplicate", "credit_not_processed", "general",
)  # fmt: skip
_CHARGEBACKS = frozenset({_D.NEEDS_RESPONSE, _D.UNDER_REVIEW, _D.WON, _D.LOST})
_TIMELINE = {
    DisputeEventKind.OPENED: EntryKind.DISPUTE_OPENED,
    DisputeEventKind.FUNDS_WITHDRAWN: EntryKind.DISPUTE_FUNDS_WITHDRAWN,
    DisputeEventKind.UPDATED: EntryKind.DISPUTE_UPDATED,
    DisputeEventKind.CLOSED: EntryKind.DISPUTE_CLOSED,
    DisputeEventKind.FUNDS_REINSTATED: EntryKind.DISPUTE_FUNDS_REINSTATED,
}


def tell(sale: Sale, ends_as: DisputeStatus) -> None:
    """Buy, then let the buyer's bank open a dispute that comes to stand so."""
    buy(sale)
    chance = sale.desk.chance
    paid = sale.paid_at or sale.placed_at
    left = max(min(END - paid, timedelta(days=100)), timedelta(minutes=10))
    opened = paid + left * (0.05 + 0.45 * chance.random())
    if sale.hall.starts_at < opened - timedelta(hours=1):
        check_in(sale)
    _Dispute(sale, ends_as, opened, (paid + left - opened) / 4).tell()


class _Dispute:
    """One dispute: each step as its service records it."""

    def __init__(self, sale: Sale, ends_as: DisputeStatus, opened: datetime, pace: timedelta) -> None:
        desk = sale.desk
        self._sale, self._ends_as, self._opened, self._pace = sale, ends_as, opened, pace
        self._key = desk.sheets.disputes.reserve()
        self._public_id, self._stripe_id = desk.chance.public_id("dp"), desk.chance.stripe_id("du")
        self._reason = desk.chance.choice(_REASONS)
        self._submissions = 0
        self._due = opened + timedelta(days=9)

    def tell(self) -> None:
        """Go through what it was, to what it is."""
        at, withdrawn = self._opened, False
        path = (*_BEFORE[self._ends_as], self._ends_as)
        for place, status in enumerate(path):
            if place == 0:
                self._open(at)
            else:
                at += self._pace * (0.3 + 0.7 * self._sale.desk.chance.random())
                self._step(at, status)
            if status in _CHARGEBACKS and not withdrawn:
                withdrawn = True
                self._withdraw(at)
            if status in CLOSED:
                self._close(at, status)
            self._push(at, status)
            if place == 0:
                self._tell_deciders(at)
        self._write(at)

    def _open(self, at: datetime) -> None:
        amount = self._sale.amount(self._sale.total_minor)
        self._record(DisputeEventKind.OPENED, "opened", at, amount | {"reason": reason_label(self._reason)})

    def _step(self, at: datetime, status: DisputeStatus) -> None:
        if status in CLOSED:
            return
        self._submissions += 1
        data = {"status": status.value, "submissions": self._submissions}
        self._record(DisputeEventKind.UPDATED, f"updated:{at.isoformat()}", at, data)

    def _withdraw(self, at: datetime) -> None:
        sale = self._sale
        fee = dispute_fee(sale.currency.lower())
        cause = f"dispute:{self._stripe_id}"
        transaction = book(sale, at, LedgerKind.DISPUTE, -sale.total_minor, fee, cause)
        data = sale.amount(sale.total_minor) | {"fee_minor": fee}
        self._record(DisputeEventKind.FUNDS_WITHDRAWN, f"funds:{transaction}", at, data)

    def _close(self, at: datetime, status: DisputeStatus) -> None:
        sale = self._sale
        if status is _D.WON:
            cause = f"dispute:{self._stripe_id}"
            transaction = book(sale, at, LedgerKind.DISPUTE_REVERSAL, sale.total_minor, 0, cause)
            data = sale.amount(sale.total_minor) | {"fee_minor": 0}
            self._record(DisputeEventKind.FUNDS_REINSTATED, f"funds:{transaction}", at, data)
        outcome = "closed" if status is _D.INQUIRY_CLOSED else status.value
        self._record(DisputeEventKind.CLOSED, f"closed:{status}", at, {"outcome": outcome})

    def _push(self, at: datetime, status: DisputeStatus) -> None:
        charge_of(self._sale).open_chargeback = status in OPEN_CHARGEBACK
        self._sale.set_disputes(at, order_state([status]))

    def _tell_deciders(self, at: datetime) -> None:
        params = {
            "order": self._sale.card(), "amount_minor": self._sale.total_minor, "reason": reason_label(self._reason),
            "due_at": self._due.isoformat() if self._answerable else None, "dispute_public_id": self._public_id,
        }  # fmt: skip
        self._sale.tell_deciders(at, Template.DISPUTE_OPENED, params)

    @property
    def _answerable(self) -> bool:
        return self._ends_as is not _D.PREVENTED

    def _record(self, kind: DisputeEventKind, key: str, at: datetime, data: dict[str, Any]) -> None:
        self._sale.desk.sheets.dispute_events.add(self._key, kind.value, key, stamp(at), document(data))
        self._sale.note(at, STRIPE, _TIMELINE[kind], data | {"dispute": self._public_id})

    def _write(self, at: datetime) -> None:
        sale, status = self._sale, self._ends_as
        raw = _RAW.get(status, status.value)
        desk, charge = sale.desk, charge_of(sale)
        desk.sheets.disputes.put(
            self._key, self._public_id, desk.foundation.organizer_id, sale.key, charge.key, desk.foundation.account,
            self._stripe_id, kind_of(raw).value, status.value, raw, self._reason, "",
            sale.total_minor, sale.currency, maybe_stamp(self._due if self._answerable else None), self._submissions,
            int(self._submissions > 0), int(status is _D.LOST and self._submissions == 0),
            int(raw.startswith("warning_")), stamp(self._opened), stamp(at) if status in CLOSED else None,
        )  # fmt: skip
        sale.found_by(SearchKind.DISPUTE, stripe_value(self._stripe_id))
