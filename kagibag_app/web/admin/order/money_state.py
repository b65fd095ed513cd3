"""Money of an order goes back, or the order is cancelled: asked about once, decided as the dialog says it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import reflex as rx

from kagibag_app import l10n
from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.refunds import queries, service
from kagibag_app.features.refunds.rules.cancelling import CancelOutcome
from kagibag_app.features.refunds.rules.limits import Alone, limit_for
from kagibag_app.features.refunds.views import OrderRefundOptions
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web.admin.order import asking
from kagibag_app.web.admin.order.asking import Typed
from kagibag_app.web.admin.order.rows import CancelAsk, RefundAsk, RetryAsk
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

_CHANGED = "This changed while you were deciding. Nothing was done; look again at what it says now."
_SENT, _WAITS = "is on its way to Stripe", "waits for a second person"
_CANCELLED = {
    CancelOutcome.CANCELLED: "Order cancelled",
    CancelOutcome.REFUNDING: "Cancelling: the refund is on its way to Stripe",
    CancelOutcome.CLOSING: "Cancelling: Stripe closes the payment page first",
    CancelOutcome.WAITING: "Waits for a second person: nothing was cancelled yet",
}


class OrderMoneyState(Workspace):
    """The dialogs that move money.

    Attributes:
        refund_ask, cancel_ask, retry_ask: The dialogs; the one that names an order is open.
        busy: What was asked is being done.
        problem: Why it could not be done.
    """

    refund_ask: RefundAsk = RefundAsk()
    cancel_ask: CancelAsk = CancelAsk()
    retry_ask: RetryAsk = RetryAsk()
    busy: bool = False
    problem: str = ""
    _options: OrderRefundOptions | None = None
    _alone: Alone = Alone()
    _typed: Typed = Typed()
    _buyer: str = ""
    _number: str = ""
    _round: int = 0
    _pressed: bool = False

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def begin(self, actor: Actor):
        """Close what was left open on an earlier visit, unless one was only asked for the password meanwhile."""
        if not self._pressed:
            self._close()
        self._pressed = False

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def press(self, actor: Actor, form: dict[str, str]):
        """Keep what is typed before a decision: the password may be asked for first, which loads the page anew."""
        self._pressed = True
        if self.refund_ask.order:
            self._typed = asking.read_typed(form, self._typed)
        elif self.cancel_ask.order:
            self.cancel_ask = replace(self.cancel_ask, message=form.get("message", ""))

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def open_refund(self, actor: Actor):
        """Ask what to give back."""
        self._close()
        self._typed, self._round = Typed(), self._round + 1
        self._ask_refund(await self._look(actor), (await self._detail()).face.id)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def keep(self, actor: Actor, form: dict[str, str]):
        """Keep what is typed, and say what it means."""
        if self._options is not None and self.refund_ask.order:
            self._typed = asking.read_typed(form, self._typed)
            self._ask_refund(self._options, self.refund_ask.order)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def look_again(self, actor: Actor):
        """Read anew what can be done, after the order changed; what is typed stays."""
        self.problem = ""
        await self._ask_again(actor)

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def refund(self, actor: Actor, form: dict[str, str], shown: str):
        """Give back what the button says."""
        self._pressed, options, asked = False, self._options, self.refund_ask
        if options is None or not asked.order or self.busy:
            return
        self._typed = asking.read_typed(form, self._typed)
        self._ask_refund(options, asked.order)
        if not self.refund_ask.ready or self.refund_ask.act != shown:
            self.problem = self.refund_ask.problem or _CHANGED
            return
        chosen, typed = asking.choose(options, self._typed), self._typed
        async for answer in self._do(
            actor, lambda tx: service.refund_order(
                tx, actor, order=asked.order, version=asked.version, tickets=chosen.tickets,
                amount_minor=chosen.amount_minor, message=typed.message, note=typed.note,
                keep_tickets=typed.keep,
            ), lambda sent: f"{l10n.money(chosen.returned_minor, options.currency)} {_SENT if sent else _WAITS}",
        ):  # fmt: skip
            yield answer

    @rx.event
    @require(Action.CANCEL_ORDERS, decides=False)
    async def open_cancel(self, actor: Actor):
        """Ask before the order is cancelled, and say what happens."""
        self._close()
        self._ask_cancel(await self._look(actor), (await self._detail()).face.id)

    @rx.event
    @require(Action.CANCEL_ORDERS)
    async def cancel(self, actor: Actor, form: dict[str, str], shown: str):
        """Cancel as the button says."""
        self._pressed, message = False, form.get("message", "")
        asked = self.cancel_ask = replace(self.cancel_ask, message=message)
        if not asked.order or asked.blocked or self.busy:
            return
        if asked.act != shown:
            self.problem = _CHANGED
            return
        async for answer in self._do(
            actor,
            lambda tx: service.cancel_order(
                tx, actor, order=asked.order, version=asked.version, message=message
            ),
            lambda outcome: _CANCELLED[outcome],
        ):
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def open_retry(self, actor: Actor, refund: str):
        """Ask before a failed refund is sent again."""
        detail = await self._detail()
        line = next((line for line in detail.refunds if line.id == refund and line.may_retry), None)
        if line is None:
            raise NotFound("refund")
        self._close()
        self._buyer, self._number = detail.face.buyer, detail.face.number
        self.retry_ask = asking.retry_ask(line, order=detail.face.id, buyer=self._buyer)

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def retry(self, actor: Actor):
        """Send the failed refund again."""
        asked = self.retry_ask
        if not asked.order or self.busy:
            return
        work = partial(service.retry_refund, actor=actor, refund_id=asked.refund)
        async for answer in self._do(actor, work, lambda _: "The refund is on its way to Stripe again"):
            yield answer

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def close(self, actor: Actor, open: bool):
        """Close the dialog without doing anything."""
        if not open and not self.busy:
            self._close()

    async def _do(
        self, actor: Actor, work: Callable[[Transaction], Awaitable[Any]], said: Callable[[Any], str]
    ):
        """Do what the open dialog asks, once; say how it ended."""
        self.busy, self.problem = True, ""
        yield
        try:
            done = await runtime().store.run(work)
            self._close()
            lead = ("See the refund", rx.scroll_to("refunds"))
            yield notify(said(done), f"{self._buyer}, order {self._number}", lead=lead)
        except DomainError as error:
            self.problem = error.message
            await self._ask_again(actor)
        finally:
            self.busy = False
        await (await self._detail())._read(actor)

    async def _look(self, actor: Actor) -> OrderRefundOptions:
        """Read what can be done with the order on the screen."""
        face, organizer_id = (await self._detail()).face, actor.organizer_id or 0
        async with runtime().store.read() as session:
            order = await orders.organizer_order(session, organizer_id, face.id)
            found = await queries.refund_options(session, organizer_id, order.id)
            limits = await accounts.manager_limits(session, organizer_id)
            given = await queries.given_alone(session, organizer_id, order.id, actor.user_id or 0)
        if found is None:
            raise NotFound("order")
        self._alone = Alone(limit_for(actor.role, limits.get(found.currency)), given)
        self._options, self._buyer, self._number = found, face.buyer, face.number
        return found

    async def _detail(self) -> OrderDetailState:
        return await self.get_state(OrderDetailState)

    async def _ask_again(self, actor: Actor) -> None:
        refunding, cancelling = self.refund_ask.order, self.cancel_ask.order
        if refunding:
            self._ask_refund(await self._look(actor), refunding)
        elif cancelling:
            self._ask_cancel(await self._look(actor), cancelling)

    def _ask_refund(self, options: OrderRefundOptions, order: str) -> None:
        self.refund_ask = asking.refund_ask(
            options, self._typed, order=order, buyer=self._buyer, symbol=asking.currency_symbol(options.currency),
            round=self._round, alone=self._alone,
        )  # fmt: skip

    def _ask_cancel(self, options: OrderRefundOptions, order: str) -> None:
        self.cancel_ask = asking.cancel_ask(
            options, order=order, number=self._number, message=self.cancel_ask.message, alone=self._alone
        )

    def _close(self) -> None:
        self.refund_ask, self.cancel_ask, self.retry_ask = RefundAsk(), CancelAsk(), RetryAsk()
        self.problem = ""
