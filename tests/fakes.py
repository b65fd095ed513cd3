"""A Stripe in memory for refunds: idempotency keys that are pruned, balance transactions, and faults on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kagibag_app.kit.clock import Clock
from kagibag_app.ports.payments import (
    BalanceLine,
    Holding,
    NotReached,
    NotThere,
    OutcomeUnknown,
    PaymentsError,
    RefundSnapshot,
    Refused,
)

# A request stuck on its way acts that long after its caller gave up.
STUCK = timedelta(minutes=50)
KEY_LIFE = timedelta(hours=24)
ACCOUNT = "acct_1SandboxPlatform"


class Fault(StrEnum):
    """What goes wrong with one call."""

    UNREACHABLE = "unreachable"
    RATE_LIMIT = "rate_limit"
    LOCK = "lock"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    TIMEOUT_STUCK = "timeout_stuck"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"


@dataclass
class Charge:
    """A captured payment intent at Stripe; amounts in minor units."""

    payment_intent_id: str
    amount_minor: int
    currency: str
    disputed: bool = False


@dataclass
class FakeStripe:
    """Refunds of one Stripe account, as ``ports.payments.Payments`` sees them.

    Attributes:
        faults: Taken one a ``create_refund``; empty: it works.
        list_faults: The same for ``list_refunds`` and ``get_refund``.
        first_status: Status of new refunds.
        refusal: Code of a definite refusal of every new refund, empty for none.
        calls: Every ``create_refund`` that reached Stripe: its key.
        before_call: Runs when a request is about to leave, to play a crash there.
    """

    clock: Clock
    charges: dict[str, Charge] = field(default_factory=dict)
    refunds: dict[str, RefundSnapshot] = field(default_factory=dict)
    balance: list[BalanceLine] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    list_faults: list[Fault] = field(default_factory=list)
    first_status: str = "succeeded"
    refusal: str = ""
    calls: list[str] = field(default_factory=list)
    before_call: Callable[[], None] | None = None
    after_call: Callable[[], None] | None = None
    _stuck: list[tuple[datetime, str, tuple[str, int, str, str]]] = field(default_factory=list)
    _keys: dict[str, tuple[datetime, RefundSnapshot | PaymentsError]] = field(default_factory=dict)

    async def platform_account(self) -> str:
        """Return the one account."""
        return ACCOUNT

    async def close(self) -> None:
        """Nothing is open."""

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
    ) -> RefundSnapshot:
        """Refund, once a key; what goes wrong is decided by ``faults``."""
        if self.before_call is not None:
            self.before_call()
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.UNREACHABLE:
            raise NotReached("Stripe could not be reached.", code="connection")
        self.calls.append(key)
        self._let_stuck_requests_act()
        if fault is Fault.TIMEOUT_STUCK:
            self._stuck.append(
                (self.clock.now() + STUCK, key, (payment_intent_id, amount_minor, currency, reference))
            )
            raise OutcomeUnknown("Stripe did not answer in time.", code="timeout")
        if fault is Fault.RATE_LIMIT:
            raise NotReached("Too many requests.", code="rate_limit", retry_after=45)
        if fault is Fault.LOCK:
            raise NotReached("The object is locked.", code="lock_timeout", sent=True)
        if fault is Fault.TIMEOUT_BEFORE:
            raise OutcomeUnknown("Stripe did not answer in time.", code="timeout")
        known = self._keys.get(key)
        if known is not None and self.clock.now() - known[0] < KEY_LIFE:
            return self._answer(known[1], fault)
        made = self._make(payment_intent_id, amount_minor, currency, reference, fault)
        self._keys[key] = (self.clock.now(), made)
        return self._answer(made, fault)

    async def get_refund(self, refund_id: str, *, account: str) -> RefundSnapshot:
        """Return a refund as it is now."""
        self._read_fault()
        found = self.refunds.get(refund_id)
        if found is None:
            raise NotThere("No such refund.", code="resource_missing")
        return found

    async def list_refunds(self, payment_intent_id: str, *, account: str) -> list[RefundSnapshot]:
        """Return a payment's refunds, newest first."""
        self._read_fault()
        return [r for r in reversed(self.refunds.values()) if r.payment_intent_id == payment_intent_id]

    async def get_holdings(self, *, account: str) -> list[Holding]:
        """Return what is there, all of it available."""
        self._read_fault()
        held: dict[str, int] = {}
        for line in self.balance:
            held[line.currency] = held.get(line.currency, 0) + line.net_minor
        return [Holding(currency, amount, 0) for currency, amount in sorted(held.items())]

    async def list_balance(self, *, account: str, since: datetime | None = None) -> list[BalanceLine]:
        """Return every balance transaction."""
        return list(self.balance)

    def charge(self, payment_intent_id: str, amount_minor: int, currency: str) -> BalanceLine:
        """Capture a payment intent and return its balance transaction."""
        self.charges[payment_intent_id] = Charge(payment_intent_id, amount_minor, currency)
        return self.book(
            "charge", amount_minor, currency, payment_intent_id, fee_minor=amount_minor // 40 + 30
        )

    def refund_in_dashboard(self, payment_intent_id: str, amount_minor: int) -> RefundSnapshot:
        """Refund as a person does in Stripe's Dashboard."""
        charge = self.charges[payment_intent_id]
        return self._succeed(payment_intent_id, amount_minor, charge.currency, "")

    def settle(self, refund_id: str, status: str, *, reason: str = "") -> RefundSnapshot:
        """Change a refund at Stripe; a failure brings the money back."""
        was = self.refunds[refund_id]
        back = None
        if status in ("failed", "canceled") and was.failure_balance is None:
            back = self.book("refund_failure", was.amount_minor, was.currency, refund_id)
        now = replace(was, status=status, failure_reason=reason, failure_balance=back or was.failure_balance)
        self.refunds[refund_id] = now
        return now

    def book(
        self, kind: str, amount_minor: int, currency: str, source: str, *, fee_minor: int = 0
    ) -> BalanceLine:
        """Move money on the account's balance."""
        line = BalanceLine(
            id=f"txn_{len(self.balance) + 1:04d}", type=kind, category=kind, amount_minor=amount_minor,
            fee_minor=fee_minor, net_minor=amount_minor - fee_minor, currency=currency, source=source,
            created=self.clock.now(),
        )  # fmt: skip
        self.balance.append(line)
        return line

    def forget_keys(self) -> None:
        """Prune every idempotency key, as Stripe does after a day."""
        self._keys.clear()

    def live(self, reference: str = "") -> list[RefundSnapshot]:
        """Return refunds that took money, of one reference or of all."""
        alive = [r for r in self.refunds.values() if r.status in ("pending", "requires_action", "succeeded")]
        return [r for r in alive if not reference or r.refund_reference == reference]

    def _make(
        self, payment_intent_id: str, amount_minor: int, currency: str, reference: str, fault: Fault | None
    ) -> RefundSnapshot | PaymentsError:
        charge = self.charges.get(payment_intent_id)
        if charge is None:
            return Refused("No such payment_intent.", code="resource_missing")
        if fault is Fault.ERROR_BEFORE:
            return OutcomeUnknown("Stripe answered 500.", code="http_500")
        code = self.refusal or ("charge_disputed" if charge.disputed else "")
        taken = sum(r.amount_minor for r in self.live() if r.payment_intent_id == payment_intent_id)
        if not code and taken >= charge.amount_minor:
            code = "charge_already_refunded"
        elif not code and taken + amount_minor > charge.amount_minor:
            code = "amount_too_large"
        if code:
            return Refused(f"Refused: {code}.", code=code)
        made = self._succeed(payment_intent_id, amount_minor, currency, reference)
        return OutcomeUnknown("Stripe answered 500.", code="http_500") if fault is Fault.ERROR_AFTER else made

    def _succeed(
        self, payment_intent_id: str, amount_minor: int, currency: str, reference: str
    ) -> RefundSnapshot:
        refund_id = f"re_{len(self.refunds) + 1:04d}"
        made = RefundSnapshot(
            refund_id=refund_id, status=self.first_status, amount_minor=amount_minor, currency=currency,
            payment_intent_id=payment_intent_id, charge_id="", created=self.clock.now(), refund_reference=reference,
            balance=self.book("refund", -amount_minor, currency, refund_id),
        )  # fmt: skip
        self.refunds[refund_id] = made
        return made

    def _answer(self, made: RefundSnapshot | PaymentsError, fault: Fault | None) -> RefundSnapshot:
        if self.after_call is not None:
            self.after_call()
        if fault is Fault.TIMEOUT_AFTER:
            raise OutcomeUnknown("Stripe did not answer in time.", code="timeout")
        if isinstance(made, PaymentsError):
            raise made
        return made

    def _let_stuck_requests_act(self) -> None:
        due = [request for request in self._stuck if request[0] <= self.clock.now()]
        self._stuck = [request for request in self._stuck if request not in due]
        for at, key, (payment_intent_id, amount_minor, currency, reference) in due:
            if key not in self._keys or at - self._keys[key][0] >= KEY_LIFE:
                self._keys[key] = (at, self._make(payment_intent_id, amount_minor, currency, reference, None))

    def _read_fault(self) -> None:
        self._let_stuck_requests_act()
        if self.list_faults:
            self.list_faults.pop(0)
            raise OutcomeUnknown("Stripe did not answer in time.", code="timeout")
