"""The payment processor, as the product sees it.

Every call takes the account it acts for; the gateway knows which one is the platform's own. Amounts
are in ISO minor units: the processor's deviations are the gateway's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

RATE_LIMIT = "rate_limit"
"""Code of a call that the processor turned away because there were too many of them."""


class PaymentsError(Exception):
    """A call did not give a result.

    Attributes:
        code: The processor's code, or our own word when it gave none.
        message: The processor's sentence.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message, self.code = message, code


class Refused(PaymentsError):
    """A definite no (4xx): nothing happened, and the same key will always say no again."""


class NotReached(PaymentsError):
    """The request certainly had no effect: connection refused, 429, lock time-out, key in use (409).

    Attributes:
        sent: False only when no byte of the request can have reached the processor or it answered 429.
        retry_after: Seconds the processor asked to wait, if it said so.
    """

    def __init__(
        self, message: str, *, code: str = "", sent: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.sent, self.retry_after = sent, retry_after


class OutcomeUnknown(PaymentsError):
    """It may or may not have happened: time-out, broken connection, 5xx."""


class NotThere(PaymentsError):
    """The object does not exist at the processor (404)."""


class BadSignature(Exception):
    """An incoming event is not signed by us, too old, or has no readable shape."""


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    """One row of the hosted payment page: name, unit amount in minor units, quantity."""

    name: str
    unit_minor: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CheckoutOrder:
    """What a hosted payment page is opened for.

    Attributes:
        reference: Our payment's public id, kept in the processor's metadata.
        order_number: Shown to the buyer.
        lines: Sum to the total to pay; nets after discount.
        expires_at: When the page closes (UTC).
        success_url, cancel_url: Where the buyer goes afterwards.
    """

    reference: str
    order_number: str
    description: str
    email: str
    currency: str
    lines: tuple[CheckoutLine, ...]
    expires_at: datetime
    success_url: str
    cancel_url: str
    locale: str = "auto"
    application_fee_minor: int = 0
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """One balance transaction, settlement currency, minor units."""

    id: str
    type: str
    category: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    source: str
    created: datetime
    application_fee_minor: int = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account holds in one settlement currency, minor units.

    Attributes:
        available_minor: Pays for refunds now; may be negative.
        pending_minor: Becomes available later.
    """

    currency: str
    available_minor: int
    pending_minor: int


@dataclass(frozen=True, slots=True)
class PaymentSnapshot:
    """A payment intent with its latest charge.

    Attributes:
        status: The processor's word: requires_payment_method, processing, succeeded, canceled, ...
        captured_minor: Presentment amount received, minor units.
        balance: The charge's balance transaction once it exists.
    """

    payment_intent_id: str
    status: str
    currency: str
    amount_minor: int
    captured_minor: int
    charge_id: str = ""
    card_brand: str = ""
    card_last4: str = ""
    failure_code: str = ""
    failure_message: str = ""
    reference: str = ""
    refunded_minor: int = 0
    disputed: bool = False
    balance: BalanceLine | None = None
    livemode: bool = False


@dataclass(frozen=True, slots=True)
class CheckoutSnapshot:
    """A hosted payment page.

    Attributes:
        status: open, complete, expired.
        payment_status: unpaid, paid, no_payment_required.
    """

    session_id: str
    url: str
    status: str
    payment_status: str
    payment_intent_id: str = ""
    reference: str = ""
    expires_at: datetime | None = None
    payment: PaymentSnapshot | None = None


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """A refund as the processor has it now.

    Attributes:
        status: pending, requires_action, succeeded, failed, canceled, or a word we don't know yet.
        refund_reference: ``metadata.refund_id``: our row's public id, empty for a refund made elsewhere.
        balance, failure_balance: Money out, and back when it failed later.
        bank_reference: What the bank can be asked about.
    """

    refund_id: str
    status: str
    amount_minor: int
    currency: str
    payment_intent_id: str
    charge_id: str
    created: datetime
    refund_reference: str = ""
    pending_reason: str = ""
    failure_reason: str = ""
    bank_reference: str = ""
    balance: BalanceLine | None = None
    failure_balance: BalanceLine | None = None


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    """A dispute as the processor has it now (raw words kept)."""

    dispute_id: str
    status: str
    reason: str
    amount_minor: int
    currency: str
    charge_id: str
    payment_intent_id: str
    created: datetime
    due_by: datetime | None
    submission_count: int
    has_evidence: bool
    past_due: bool
    is_charge_refundable: bool
    network_reason_code: str = ""
    balance: tuple[BalanceLine, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """A verified event: only its reference is used, the object is fetched anew.

    Attributes:
        account: The connected account it is about; empty for the platform's own.
    """

    id: str
    type: str
    account: str
    livemode: bool
    object_type: str
    object_id: str
    created: datetime
    payload: dict[str, Any]


class Payments(Protocol):
    """Calls to the payment processor. Each raises a ``PaymentsError`` when it gives no result."""

    async def platform_account(self) -> str: ...
    async def open_checkout(self, order: CheckoutOrder, *, account: str, key: str) -> CheckoutSnapshot: ...
    async def get_checkout(self, session_id: str, *, account: str) -> CheckoutSnapshot: ...
    async def expire_checkout(self, session_id: str, *, account: str) -> CheckoutSnapshot: ...
    async def get_payment(self, payment_intent_id: str, *, account: str) -> PaymentSnapshot: ...
    async def get_charge_payment(self, charge_id: str, *, account: str) -> PaymentSnapshot: ...
    async def create_refund(
        self,
        *,
        payment_intent_id: str,
        amount_minor: int,
        currency: str,
        reference: str,
        order_number: str,
        account: str,
        key: str,
    ) -> RefundSnapshot: ...
    async def get_refund(self, refund_id: str, *, account: str) -> RefundSnapshot: ...
    async def list_refunds(self, payment_intent_id: str, *, account: str) -> list[RefundSnapshot]: ...
    async def get_dispute(self, dispute_id: str, *, account: str) -> DisputeSnapshot: ...
    async def get_holdings(self, *, account: str) -> list[Holding]: ...
    async def list_balance(self, *, account: str, since: datetime | None = None) -> list[BalanceLine]: ...
    async def list_events(self, *, account: str, since: datetime) -> list[IncomingEvent]: ...
    def read_event(self, body: bytes, signature: str) -> IncomingEvent:
        """Verify and read one delivery. Raises ``BadSignature``."""
        ...

    async def close(self) -> None: ...
