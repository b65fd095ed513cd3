"""The sandbox as an object: what the control API and the console do, for tests to call directly."""

from typing import Any

from kagibag_app.sandbox import balance, checkout, disputes, refunds
from kagibag_app.sandbox.books import PLATFORM_ACCOUNT, Body, Books
from kagibag_app.sandbox.cards import BY_NUMBER
from kagibag_app.sandbox.charges import CardDetails
from kagibag_app.sandbox.clock import DAY
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.sandbox.delivery import MODES, Courier, Deliver
from kagibag_app.sandbox.engine import Engine
from kagibag_app.sandbox.errors import ApiError, invalid
from kagibag_app.sandbox.faults import Fault

FURTHEST = 3_650 * DAY


class Sandbox:
    """Control over one sandbox.

    Methods raise `ApiError` with a sentence when something cannot be done. Amounts are in smallest units,
    times are virtual seconds since the epoch, UTC.

    Args:
        config: settings.
        deliver: async callable that takes a URL, a body and headers, posts them, and returns the HTTP status;
            by default events go over the network.
    """

    def __init__(self, config: SandboxConfig, deliver: Deliver | None = None) -> None:
        self.config = config
        self.engine = Engine(config)
        self.courier = Courier(self.engine, deliver)

    @property
    def now(self) -> int:
        """Virtual time."""
        return self.engine.clock.now()

    def reset(self) -> None:
        """Forget everything: objects, keys, queue, faults, clock."""
        self.engine.reset()

    def advance(self, seconds: int) -> int:
        """Move the clock forward, do what became due, and return the new time."""
        if seconds < 0:
            raise invalid("The sandbox clock only moves forward.", "seconds")
        if self.engine.clock.offset + seconds > FURTHEST:
            raise invalid("The sandbox clock goes no further than ten years ahead.", "seconds")
        with self.engine.transaction():
            self.engine.clock.advance(seconds)
        self.engine.run_due()
        return self.now

    def start_in_the_past(self, seconds: int) -> None:
        """Set a new sandbox's clock back, so that a history can be lived through up to now.

        Raises:
            ApiError: It holds objects already; their stamps would lie in the future.
        """
        if seconds < 0 or self.engine.store.counts():
            raise invalid("Only an empty sandbox can start in the past.", "seconds")
        with self.engine.transaction():
            self.engine.clock.start_at(-seconds)

    def run_due(self) -> int:
        """Do what the agenda has for the time that has come; returns how much was done."""
        return self.engine.run_due()

    def set_webhooks(self, mode: str | None = None, copies: int | None = None) -> dict[str, Any]:
        """How events travel: mode `auto`, `hold`, `reverse` or `shuffle`, and how many copies of each event
        made from now on."""
        if mode is not None and mode not in MODES:
            raise invalid(f"Invalid mode: must be one of {', '.join(MODES)}", "mode")
        if copies is not None and not 1 <= copies <= 1_000:
            raise invalid("Copies must be between 1 and 1000.", "copies")
        with self.engine.transaction() as books:
            if mode is not None:
                books.store.set_setting("webhook_mode", mode)
            if copies is not None:
                books.store.set_setting("webhook_copies", str(copies))
        return self._webhooks()

    async def flush_webhooks(self) -> dict[str, int]:
        """Deliver once everything queued; returns the counts delivered, failed and still queued."""
        return (await self.courier.flush()).as_dict()

    def add_fault(self, kind: str, **details: Any) -> None:
        """Let the next matching requests meet a fault; `faults.Fault` lists the details."""
        fault = Fault.from_json({"kind": kind, **details})
        with self.engine.transaction():
            self.engine.faults.add(fault)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        with self.engine.transaction():
            self.engine.faults.clear()

    def prune_keys(self) -> int:
        """Forget every idempotency key, as Stripe does after 24 hours; returns how many there were."""
        with self.engine.transaction():
            return self.engine.keys.prune()

    def pay(self, session: str, card: str = "4242424242424242", *, email: str | None = None) -> Body:
        """Do what the hosted page does with a card, completing 3-D Secure where it is asked.

        Returns:
            `status` and `payment_status` of the session, `payment_intent`, and `error`, a sentence or None.
        """
        details = card_details(card, email=email)
        self.engine.run_due()
        error: str | None = None
        with self.engine.transaction_of(session) as books:
            paid = books.get("checkout.session", session, "session")
            try:
                intent = checkout.submit(books, paid, details)
                if intent["status"] == "requires_action":
                    checkout.authenticate(books, intent, passed=True)
            except ApiError as refused:
                if not refused.keeps_changes:
                    raise
                error = refused.message
            return {
                "status": paid["status"],
                "payment_status": paid["payment_status"],
                "payment_intent": paid["payment_intent"],
                "error": error,
            }

    def fail_refund(self, refund: str, reason: str = "expired_or_canceled_card") -> Body:
        """The bank returns a refund's money, also after it had succeeded."""
        with self.engine.transaction_of(refund) as books:
            body = books.get("refund", refund)
            refunds.fail(books, body, reason)
            return body

    def succeed_refund(self, refund: str) -> Body:
        """A pending refund arrives."""
        with self.engine.transaction_of(refund) as books:
            body = books.get("refund", refund)
            refunds.settle(books, body)
            return body

    def hold_refund(self, refund: str) -> Body:
        """A pending refund waits for the buyer (`requires_action`)."""
        with self.engine.transaction_of(refund) as books:
            body = books.get("refund", refund)
            refunds.hold_for_action(books, body)
            return body

    def set_funds(self, short: bool, account: str = PLATFORM_ACCOUNT) -> dict[str, Any]:
        """While an account is short of funds its refunds wait, pending; once it no longer is, they arrive."""
        with self.engine.transaction(account) as books:
            balance.set_short(books, short)
            if not short:
                refunds.send_those_that_waited(books)
        return {"short": short, "account": account}

    def refund(self, payment_intent: str, amount: int | None = None) -> Body:
        """A refund made in the Dashboard, without a key and without the product knowing."""
        params: dict[str, Any] = {"payment_intent": payment_intent}
        if amount is not None:
            params["amount"] = amount
        with self.engine.transaction_of(payment_intent) as books:
            return refunds.create(books, params)

    def open_dispute(
        self,
        *,
        charge: str | None = None,
        payment_intent: str | None = None,
        reason: str = "fraudulent",
        kind: str = "chargeback",
        amount: int | None = None,
    ) -> Body:
        """The buyer's bank opens a chargeback or an inquiry about a charge, or about an intent's charge."""
        with self.engine.transaction_of(charge or payment_intent or "") as books:
            disputed = _charge(books, charge, payment_intent)
            return disputes.open_dispute(books, disputed, reason=reason, kind=kind, amount=amount)

    def win_dispute(self, dispute: str) -> Body:
        """The bank decides for the merchant."""
        return self._decide(dispute, disputes.win)

    def lose_dispute(self, dispute: str) -> Body:
        """The bank decides for the buyer."""
        return self._decide(dispute, disputes.lose)

    def close_dispute(self, dispute: str) -> Body:
        """The merchant accepts, or an inquiry ends without consequence."""
        return self._decide(dispute, disputes.close)

    def escalate_dispute(self, dispute: str) -> Body:
        """An inquiry becomes a chargeback."""
        return self._decide(dispute, disputes.escalate)

    def _decide(self, dispute: str, verdict: Any) -> Body:
        with self.engine.transaction_of(dispute) as books:
            body = books.get("dispute", dispute, "dispute")
            verdict(books, body)
            return body

    def objects(self, kind: str, limit: int = -1) -> list[Body]:
        """Objects of a kind (`refund`, `charge`, `checkout.session`, ...), newest first."""
        return self.engine.store.search(kind, limit=limit)

    def requests(self, limit: int = 100) -> list[dict[str, Any]]:
        """The last API calls, oldest first."""
        return self.engine.requests.last(limit)

    def _webhooks(self) -> dict[str, Any]:
        setting = self.engine.store.setting
        copies = int(setting("webhook_copies", "1"))
        return {"mode": setting("webhook_mode", "auto"), "copies": copies, "queued": self.courier.queued()}

    def state(self) -> dict[str, Any]:
        """Time, counts, webhooks and faults."""
        return {
            "now": self.now,
            "clock_offset": self.engine.clock.offset,
            "counts": self.engine.store.counts(),
            "webhooks": self._webhooks(),
            "faults": self.engine.faults.waiting(),
        }

    async def close(self) -> None:
        """Stop deliveries and close the file."""
        await self.courier.close()
        self.engine.store.close()


def card_details(number: str, *, email: str | None = None) -> CardDetails:
    """A test card by its number, spaces allowed.

    Raises:
        ApiError: it is no test card.
    """
    card = BY_NUMBER.get(number.replace(" ", ""))
    if card is None:
        raise invalid("The sandbox takes Stripe's test cards only.", "card")
    return CardDetails(card, name="Sandbox Buyer", email=email)


def _charge(books: Books, charge: str | None, payment_intent: str | None) -> Body:
    if charge:
        return books.get("charge", charge, "charge")
    if not payment_intent:
        raise invalid("Name a charge or a payment_intent.", "charge")
    intent = books.get("payment_intent", payment_intent, "payment_intent")
    if not intent["latest_charge"]:
        raise invalid("This payment intent has no charge yet.", "payment_intent")
    return books.get("charge", intent["latest_charge"])
