"""What a member does about a refund that came to nothing, or one made at Stripe: asked about once, done as asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import reflex as rx

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.refunds import queries, service
from kagibag_app.features.refunds.views import AllocationChoice
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.kit.money import parse_decimal
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web.admin.order.asking import currency_symbol
from kagibag_app.web.admin.order.rows import RefundLine
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

_NONE_LEFT = "No ticket of this order can be made valid again. Nothing was changed."


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A ticket in the allocation: ``field`` is the name of its amount's field."""

    field: str = ""
    name: str = ""
    code: str = ""
    most: str = ""


@dataclass(frozen=True, slots=True)
class MendAsk:
    """The open dialog; ``kind`` is ``outside``, ``revive`` or ``allocate``, empty when none is open.

    Attributes:
        money: The amount in question.
        tickets: Codes of the tickets in question.
    """

    kind: str = ""
    order: str = ""
    title: str = ""
    act: str = ""
    money: str = ""
    tickets: str = ""
    symbol: str = ""


class OrderMendingState(Workspace):
    """The dialogs beside an order's refunds.

    Attributes:
        ask, shares: The dialog that is open, and the lines of an allocation.
        busy: What was asked is being done; ``problem`` is why it could not be.
    """

    ask: MendAsk = MendAsk()
    shares: list[ShareLine] = []
    busy: bool = False
    problem: str = ""
    _refund: str = ""
    _tickets: list[str] = []
    _choice: AllocationChoice | None = None

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def begin(self, actor: Actor):
        """Close what was left open on an earlier visit."""
        self._close()

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def close(self, actor: Actor, open: bool):
        """Close the dialog without doing anything."""
        if not open and not self.busy:
            self._close()

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def open_outside(self, actor: Actor, refund: str):
        """Ask how the money of a failed refund went back."""
        line, page = await self._line(refund, "may_return")
        amount = line.amount.removeprefix(l10n.MINUS)
        self._refund = refund
        self.ask = MendAsk(
            "outside", page.face.id, f"{amount} returned to {page.face.buyer} outside Stripe?",
            f"Record {amount} as returned", amount,
        )  # fmt: skip

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def open_revive(self, actor: Actor, refund: str):
        """Ask before void tickets are valid again."""
        _, page = await self._line(refund, "may_revive")
        async with runtime().store.read() as session:
            found = await queries.revivable(session, actor.organizer_id or 0, page.face.id)
        if not found:
            raise DomainError(_NONE_LEFT, code="not_revivable")
        self._tickets = [ticket.id for ticket in found]
        noun = "this ticket" if len(found) == 1 else f"these {len(found)} tickets"
        self.ask = MendAsk(
            "revive", page.face.id, f"Make {noun} valid again?", f"Make {noun} valid again",
            tickets=", ".join(f"{ticket.name} {ticket.code}" for ticket in found),
        )  # fmt: skip

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def open_allocate(self, actor: Actor, refund: str):
        """Ask which tickets a refund made at Stripe was about."""
        line, page = await self._line(refund, "to_allocate")
        async with runtime().store.read() as session:
            choice = await queries.allocation_choice(session, actor.organizer_id or 0, refund)
        if choice is None:
            raise NotFound("refund")
        self._refund, self._choice = refund, choice
        self.shares = [
            ShareLine(
                f"share-{n}", row.name, row.code, f"Up to {l10n.money(row.most_minor, choice.currency)}"
            )
            for n, row in enumerate(choice.lines)
        ]
        amount = line.amount.removeprefix(l10n.MINUS)
        self.ask = MendAsk(
            "allocate", page.face.id, f"Which tickets was {amount} about?", f"Allocate {amount}", amount,
            symbol=currency_symbol(choice.currency),
        )  # fmt: skip

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def return_outside(self, actor: Actor, form: dict[str, str]):
        """Record that the money went back another way."""
        work = partial(
            service.return_outside, actor=actor, refund_id=self._refund, way=form.get("way", ""),
            reference=form.get("reference", ""), message=form.get("message", ""),
        )  # fmt: skip
        async for answer in self._do(actor, "outside", work, f"{self.ask.money} recorded as returned"):
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def revive(self, actor: Actor, form: dict[str, str]):
        """Make the tickets of the dialog valid again."""
        work = partial(
            service.revive_tickets, actor=actor, order=self.ask.order, tickets=self._tickets,
            message=form.get("message", ""),
        )  # fmt: skip
        async for answer in self._do(actor, "revive", work, "Tickets valid again"):
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def allocate(self, actor: Actor, form: dict[str, str]):
        """Allocate as typed."""
        choice = self._choice

        async def work(tx: Transaction) -> None:
            await service.allocate_external(
                tx, actor, refund_id=self._refund, shares=_read(choice, form), void_tickets="void" in form
            )

        async for answer in self._do(actor, "allocate", work, f"{self.ask.money} allocated"):
            yield answer

    async def _do(self, actor: Actor, kind: str, work: Callable[[Transaction], Awaitable[Any]], said: str):
        """Do what the open dialog asks, once; say how it ended."""
        if self.busy or self.ask.kind != kind:
            return
        self.busy, self.problem = True, ""
        yield
        page = await self.get_state(OrderDetailState)
        try:
            await runtime().store.run(work)
            self._close()
            yield notify(said, f"{page.face.buyer}, order {page.face.number}")
        except DomainError as error:
            self.problem = error.message
        finally:
            self.busy = False
        await page._read(actor)

    async def _line(self, refund: str, may: str) -> tuple[RefundLine, OrderDetailState]:
        page = await self.get_state(OrderDetailState)
        line = next((line for line in page.refunds if line.id == refund and getattr(line, may)), None)
        if line is None:
            raise NotFound("refund")
        self._close()
        return line, page

    def _close(self) -> None:
        self.ask, self.shares, self.problem = MendAsk(), [], ""
        self._refund, self._tickets, self._choice = "", [], None


def _read(choice: AllocationChoice | None, form: dict[str, str]) -> dict[str, int]:
    """Return the typed shares by line; an empty field is none."""
    if choice is None:
        raise NotFound("refund")
    typed = {row.line: form.get(f"share-{n}", "").strip() for n, row in enumerate(choice.lines)}
    return {line: parse_decimal(text, choice.currency) for line, text in typed.items() if text}
