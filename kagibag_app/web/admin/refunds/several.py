"""Several requests approved at once: asked about with their total, each decided by itself, each outcome shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import reflex as rx

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.views import QueueRow
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.web.admin.refunds.state import RefundsState
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

_NO_AMOUNT = "The policy gives nothing: choose an amount in its own review."


@dataclass(frozen=True, slots=True)
class Picked:
    """One of the requests; ``outcome`` is what became of it, ``tone`` colours that, both empty before."""

    id: str = ""
    buyer: str = ""
    number: str = ""
    amount: str = ""
    outcome: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class SeveralAsk:
    """The dialog; no ``lines``: it is closed. ``summary`` says how it ended, empty before."""

    title: str = ""
    total: str = ""
    act: str = ""
    summary: str = ""
    lines: list[Picked] = field(default_factory=list)


class SeveralState(Workspace):
    """What is ticked in the list, and the dialog about it.

    Attributes:
        ticked: Public ids.
        round: Changes when the ticks in the list have to be drawn anew.
        busy: They are being approved.
    """

    ticked: list[str] = []
    ask: SeveralAsk = SeveralAsk()
    round: int = 0
    busy: bool = False
    _rows: list[QueueRow] = []

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def begin(self, actor: Actor):
        """Start with nothing ticked."""
        self.ticked, self.ask, self.busy = [], SeveralAsk(), False

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def tick(self, actor: Actor, request: str, chosen: bool):
        """Take a request of the list in, or out again."""
        listed = {row.id for row in await self._listed()}
        others = [known for known in self.ticked if known != request and known in listed]
        self.ticked = [*others, request] if chosen and request in listed else others

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def tick_all(self, actor: Actor, chosen: bool):
        """Take every request of the list that can be approved, or none."""
        self.ticked = [row.id for row in await self._listed()] if chosen else []
        self.round += 1

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def open(self, actor: Actor):
        """Ask once, with what it comes to."""
        self._rows = [row for row in await self._listed() if row.id in self.ticked]
        self.ask = several_ask(self._rows)

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def approve(self, actor: Actor, form: dict[str, str]):
        """Approve each in a transaction of its own, exactly as it was shown, and say what became of each."""
        if self.busy or self.ask.summary:
            return
        self.busy, message = True, form.get("several-message", "")
        yield
        for place, row in enumerate(self._rows):
            if row.amount_minor > 0:
                self._tell(place, *await _approved(actor, row, message))
                yield
        self.busy, self.ticked, self.round = False, [], self.round + 1
        title = self.ask.title.removesuffix("?").replace("Approve ", "", 1)
        self.ask = replace(self.ask, title=f"What became of {title}", summary=_summary(self.ask.lines))
        yield RefundsState.refresh

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def close(self, actor: Actor, open: bool):
        """Close the dialog."""
        if not open and not self.busy:
            self.ask = SeveralAsk()

    def _tell(self, place: int, outcome: str, tone: str) -> None:
        lines = list(self.ask.lines)
        lines[place] = replace(lines[place], outcome=outcome, tone=tone)
        self.ask = replace(self.ask, lines=lines)

    async def _listed(self) -> list[QueueRow]:
        """Return the requests of the list on the screen that wait for a first decision."""
        seen = (await self.get_state(RefundsState))._seen
        return [row for row in seen.page.rows if row.status == RequestStatus.OPEN] if seen else []


def several_ask(rows: Sequence[QueueRow]) -> SeveralAsk:
    """Return the question about some requests: the total of each currency, and every one of them."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row.currency] += row.amount_minor
    total = " and ".join(l10n.money(minor, code) for code, minor in sorted(sums.items()) if minor)
    sent = sum(row.amount_minor > 0 for row in rows)
    noun = "request" if sent == 1 else "requests"
    return SeveralAsk(
        title=f"Approve {sent} {noun}?",
        total=f"{total} in all" if total else "Nothing goes back",
        act=f"Approve {sent} {noun}" if sent else "",
        lines=[
            Picked(
                row.id, row.buyer_name, row.order_number, l10n.money(row.amount_minor, row.currency),
                "" if row.amount_minor else _NO_AMOUNT, "" if row.amount_minor else "neutral",
            )
            for row in rows
        ],
    )  # fmt: skip


async def _approved(actor: Actor, row: QueueRow, message: str) -> tuple[str, str]:
    """Approve one request; return what became of it and its tone."""
    try:
        sent = await runtime().store.run(
            lambda tx: refunds.approve(
                tx, actor, request_id=row.id, version=row.version, amount_minor=row.amount_minor, message=message
            )
        )  # fmt: skip
    except DomainError as error:
        return error.message, "bad"
    return ("On its way to Stripe", "good") if sent else ("Waits for a second person", "attention")


def _summary(lines: Sequence[Picked]) -> str:
    tones = Counter(line.tone for line in lines)
    words = {
        "good": "on the way to Stripe", "attention": "waiting for a second person", "bad": "not approved",
        "neutral": "left alone",
    }  # fmt: skip
    return " · ".join(f"{tones[tone]} {said}" for tone, said in words.items() if tones[tone])
