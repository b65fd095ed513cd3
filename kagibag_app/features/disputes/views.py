"""Disputes as screens show them. Times in UTC, amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kagibag_app.features.disputes.rules import DisputeEventKind

_EVENT_LABELS: dict[str, str] = {
    DisputeEventKind.OPENED: "Dispute opened",
    DisputeEventKind.FUNDS_WITHDRAWN: "Funds withdrawn",
    DisputeEventKind.UPDATED: "Dispute updated",
    DisputeEventKind.CLOSED: "Dispute closed",
    DisputeEventKind.FUNDS_REINSTATED: "Funds reinstated",
}


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """One line of a list.

    Attributes:
        kind: ``inquiry`` or ``chargeback``.
        status: A ``DisputeStatus`` word; ``status_label`` in words.
        reason: Stripe's word; ``reason_label`` in plain ones.
        due_at: Until when an answer is possible; absent when none is.
        open: Not decided yet.
    """

    public_id: str
    order_public_id: str
    order_number: str
    buyer_name: str
    event_title: str
    kind: str
    status: str
    status_label: str
    reason: str
    reason_label: str
    amount_minor: int
    currency: str
    due_at: datetime | None
    past_due: bool
    open: bool
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DisputePage:
    """A page of the list.

    Attributes:
        after: Public id that the next page starts after; empty on the last one.
        counts: Disputes per filter: ``open``, ``won``, ``lost``, ``all``.
    """

    rows: tuple[DisputeRow, ...]
    after: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class DisputeEventView:
    """One step. ``data`` holds amount_minor, fee_minor and currency of a movement, status, outcome."""

    kind: str
    at: datetime
    data: dict[str, Any]

    @property
    def label(self) -> str:
        """The step in words."""
        return _EVENT_LABELS.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class DisputeView:
    """One dispute with everything around it.

    Attributes:
        reason_sentence: What the bank means by the reason.
        method: e.g. ``Visa •••• 4242``.
        captured_minor, refunded_minor: Of its payment, refunds that failed or were canceled left out.
        withdrawn_minor, fee_minor: What the dispute has taken so far, in ``settlement_currency``.
        if_lost_minor, if_won_minor: What the payment leaves either way, before Stripe's fee for it; absent
            when it settled in another currency than the buyer paid.
        dashboard_path: Page in Stripe's Dashboard, see ``payments.rules.dashboard_link``.
    """

    row: DisputeRow
    stripe_id: str
    raw_status: str
    network_reason_code: str
    reason_sentence: str
    submission_count: int
    has_evidence: bool
    is_charge_refundable: bool
    method: str
    captured_minor: int
    refunded_minor: int
    withdrawn_minor: int
    fee_minor: int
    settlement_currency: str
    if_lost_minor: int | None
    if_won_minor: int | None
    dashboard_path: str
    events: tuple[DisputeEventView, ...]
