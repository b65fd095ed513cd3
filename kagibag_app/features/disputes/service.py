"""Mirrors what Stripe says about a dispute, and tells whoever has to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kagibag_app.features.disputes import queries
from kagibag_app.features.disputes.rules import (
    CLOSED,
    OPEN_CHARGEBACK,
    DisputeEventKind,
    DisputeKind,
    DisputeStatus,
    is_expected,
    kind_of,
    order_state,
    reason_label,
)
from kagibag_app.features.disputes.tables import Dispute, DisputeEvent
from kagibag_app.features.ledger import service as ledger
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.notifications import service as notifications
from kagibag_app.features.orders import queries as order_queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import SearchKind
from kagibag_app.features.payments import queries as payment_queries
from kagibag_app.features.payments import service as payments
from kagibag_app.features.payments.tables import Payment
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.kit.actor import STRIPE
from kagibag_app.kit.ids import public_id
from kagibag_app.kit.money import Money
from kagibag_app.live import topics
from kagibag_app.ports.payments import BalanceLine, DisputeSnapshot
from kagibag_app.storage.transaction import Transaction

_TIMELINE: dict[DisputeEventKind, EntryKind] = {
    DisputeEventKind.OPENED: EntryKind.DISPUTE_OPENED,
    DisputeEventKind.FUNDS_WITHDRAWN: EntryKind.DISPUTE_FUNDS_WITHDRAWN,
    DisputeEventKind.UPDATED: EntryKind.DISPUTE_UPDATED,
    DisputeEventKind.CLOSED: EntryKind.DISPUTE_CLOSED,
    DisputeEventKind.FUNDS_REINSTATED: EntryKind.DISPUTE_FUNDS_REINSTATED,
}


async def record_gateway_dispute(tx: Transaction, snapshot: DisputeSnapshot, *, account: str) -> bool:
    """Record a dispute as Stripe has it, whatever was known of it: steps, money, flag on the order, deadline.

    Returns:
        False when its charge belongs to no payment of ours: nothing was recorded.
    """
    found = await payment_queries.system_by_stripe(
        tx.session,
        account=account,
        payment_intent_id=snapshot.payment_intent_id,
        charge_id=snapshot.charge_id,
    )
    if found is None:
        return False
    _, payment = await payments.locked_with_order(tx, found.id)
    dispute = await queries.system_by_stripe(tx.session, account, snapshot.dispute_id)
    old = DisputeStatus(dispute.status) if dispute else None
    before = _facts(dispute) if dispute else None
    if dispute is None:
        dispute = _new(tx, snapshot, payment)
        await orders.index_stripe_id(
            tx, organizer_id=dispute.organizer_id, order_id=dispute.order_id, kind=SearchKind.DISPUTE,
            value=dispute.stripe_id,
        )  # fmt: skip
    _mirror(tx, dispute, snapshot)
    await tx.session.flush()
    steps = _Steps(tx, dispute, await queries.system_event_keys(tx.session, dispute.id), old)
    await _record_steps(tx, steps, snapshot, payment, changed=before not in (None, _facts(dispute)))
    await _push(tx, dispute)
    if old is None:
        await _tell(tx, dispute)
    tx.touch(topics.disputes(dispute.organizer_id))
    tx.touch(topics.orders(dispute.organizer_id))
    tx.touch(topics.order(dispute.order_id))
    return True


def _new(tx: Transaction, snapshot: DisputeSnapshot, payment: Payment) -> Dispute:
    dispute = Dispute(
        public_id=public_id("dp"),
        organizer_id=payment.organizer_id,
        order_id=payment.order_id,
        payment_id=payment.id,
        account=payment.account,
        stripe_id=snapshot.dispute_id,
        kind=kind_of(snapshot.status),
        status=DisputeStatus.from_stripe(snapshot.status),
        raw_status=snapshot.status,
        reason=snapshot.reason,
        amount_minor=snapshot.amount_minor,
        currency=snapshot.currency,
        opened_at=snapshot.created,
    )
    tx.session.add(dispute)
    return dispute


def _mirror(tx: Transaction, dispute: Dispute, snapshot: DisputeSnapshot) -> None:
    status = DisputeStatus.from_stripe(snapshot.status)
    dispute.kind = kind_of(snapshot.status, DisputeKind(dispute.kind))
    dispute.status, dispute.raw_status = status, snapshot.status
    dispute.reason, dispute.network_reason_code = snapshot.reason, snapshot.network_reason_code
    dispute.amount_minor, dispute.currency = snapshot.amount_minor, snapshot.currency
    dispute.evidence_due_at, dispute.past_due = snapshot.due_by, snapshot.past_due
    dispute.submission_count, dispute.has_evidence = snapshot.submission_count, snapshot.has_evidence
    dispute.is_charge_refundable = snapshot.is_charge_refundable
    dispute.closed_at = (dispute.closed_at or tx.now) if status in CLOSED else None


def _facts(dispute: Dispute) -> tuple[object, ...]:
    """What an update is about; a change of any of them is a step."""
    return (
        dispute.raw_status,
        dispute.reason,
        dispute.amount_minor,
        dispute.evidence_due_at,
        dispute.submission_count,
    )


class _Steps:
    """Adds steps to a dispute and its order's timeline, each once."""

    def __init__(self, tx: Transaction, dispute: Dispute, known: set[str], old: DisputeStatus | None) -> None:
        self._tx, self._dispute, self._known = tx, dispute, known
        self._unexpected = not is_expected(old, DisputeStatus(dispute.status))

    def add(self, kind: DisputeEventKind, key: str, at: datetime, **data: Any) -> None:
        """Note a step, unless its key is known."""
        if key in self._known:
            return
        self._known.add(key)
        self._tx.session.add(
            DisputeEvent(dispute_id=self._dispute.id, kind=kind, dedupe_key=key, at=at, data=data)
        )
        about_status = kind in (DisputeEventKind.UPDATED, DisputeEventKind.CLOSED)
        timeline.record(
            self._tx,
            STRIPE,
            organizer_id=self._dispute.organizer_id,
            order_id=self._dispute.order_id,
            kind=_TIMELINE[kind],
            data={**data, "dispute": self._dispute.public_id},
            unexpected=self._unexpected and about_status,
        )


async def _record_steps(
    tx: Transaction, steps: _Steps, snapshot: DisputeSnapshot, payment: Payment, *, changed: bool
) -> None:
    status = DisputeStatus.from_stripe(snapshot.status)
    steps.add(
        DisputeEventKind.OPENED, "opened", snapshot.created,
        amount_minor=snapshot.amount_minor, currency=snapshot.currency, reason=reason_label(snapshot.reason),
    )  # fmt: skip
    for line in sorted(snapshot.balance, key=lambda line: line.created):
        await _book(tx, snapshot, payment, line)
        kind = (
            DisputeEventKind.FUNDS_WITHDRAWN if line.amount_minor < 0 else DisputeEventKind.FUNDS_REINSTATED
        )
        steps.add(
            kind, f"funds:{line.id}", line.created,
            amount_minor=abs(line.amount_minor), fee_minor=line.fee_minor, currency=line.currency,
        )  # fmt: skip
    if status in CLOSED:
        steps.add(DisputeEventKind.CLOSED, f"closed:{status}", tx.now, outcome=_outcome(status))
    elif changed:
        steps.add(
            DisputeEventKind.UPDATED, f"updated:{tx.now.isoformat()}", tx.now,
            status=status, submissions=snapshot.submission_count,
        )  # fmt: skip


def _outcome(status: DisputeStatus) -> str:
    return "closed" if status is DisputeStatus.INQUIRY_CLOSED else str(status)


async def _book(tx: Transaction, snapshot: DisputeSnapshot, payment: Payment, line: BalanceLine) -> None:
    taken = line.amount_minor < 0
    amount = -snapshot.amount_minor if taken else snapshot.amount_minor
    await ledger.record(
        tx,
        organizer_id=payment.organizer_id,
        order_id=payment.order_id,
        account=payment.account,
        line=line,
        cause=f"dispute:{snapshot.dispute_id}",
        presentment=Money(amount, snapshot.currency),
        kind=LedgerKind.DISPUTE if taken else LedgerKind.DISPUTE_REVERSAL,
    )


async def _push(tx: Transaction, dispute: Dispute) -> None:
    """Tell the payment whether refunds are blocked, and the order how its disputes stand."""
    blocked = await queries.system_has_open_chargeback(tx.session, dispute.payment_id, OPEN_CHARGEBACK)
    await payments.set_open_chargeback(tx, payment_id=dispute.payment_id, value=blocked)
    state = order_state(await queries.system_statuses(tx.session, dispute.order_id))
    await orders.set_money_state(tx, STRIPE, order_id=dispute.order_id, dispute_state=state)


async def _tell(tx: Transaction, dispute: Dispute) -> None:
    await notifications.tell_organizer(
        tx,
        organizer_id=dispute.organizer_id,
        order_id=dispute.order_id,
        template=Template.DISPUTE_OPENED,
        params={
            "order": await order_queries.mail_card(tx.session, dispute.order_id),
            "amount_minor": dispute.amount_minor,
            "reason": reason_label(dispute.reason),
            "due_at": dispute.evidence_due_at.isoformat() if dispute.evidence_due_at else None,
            "dispute_public_id": dispute.public_id,
        },
    )
