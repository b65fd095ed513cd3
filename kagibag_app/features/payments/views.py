"""Payments as screens show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One failed try to pay. ``at`` in UTC."""

    at: datetime
    method: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment of an order. Amounts in minor units of ``currency``, times in UTC.

    Attributes:
        status: A ``PaymentStatus`` word; ``raw_status`` is Stripe's own.
        method: e.g. ``Visa •••• 4242``; empty until a card was used.
        session_url: The hosted page while a buyer may still pay there; empty otherwise.
        failure_message: Why the last try, or the payment page itself, failed; empty after success.
        attempts: Failed tries, oldest first.
        committed_minor: Refunds that are neither failed nor canceled.
        dashboard_path: Page in Stripe's Dashboard, e.g. ``payments/pi_...``; see ``rules.dashboard_link``.
    """

    public_id: str
    status: str
    raw_status: str
    account: str
    currency: str
    amount_minor: int
    captured_minor: int
    committed_minor: int
    method: str
    session_url: str
    session_expires_at: datetime | None
    failure_code: str
    failure_message: str
    open_chargeback: bool
    payment_intent_id: str
    charge_id: str
    dashboard_path: str
    created_at: datetime
    captured_at: datetime | None
    attempts: tuple[AttemptView, ...] = ()

    @property
    def refundable_minor(self) -> int:
        """What could still be sent back, before any open chargeback is considered."""
        return self.captured_minor - self.committed_minor


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """What a hosted payment page is opened with; the same values at every try of one payment.

    Attributes:
        lines: Name, net in minor units and how many, one per distinct name and net.
        fee_minor: Application fee of the organizer's account, minor units.
        first_try: No earlier request for this page can have reached Stripe.
        order_public_id, link_version: What the return links are made of.
    """

    payment_id: int
    public_id: str
    account: str
    order_public_id: str
    order_number: str
    link_version: int
    event_title: str
    email: str
    locale: str
    currency: str
    lines: tuple[tuple[str, int, int], ...]
    fee_minor: int
    expires_at: datetime
    first_try: bool


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One incoming event that needs a look. Times in UTC."""

    id: int
    stripe_id: str
    type: str
    object_id: str
    outcome: str
    error: str
    attempts: int
    times_seen: int
    received_at: datetime
