"""The refunds queue: read anew at every event; what is typed stays until it is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import reflex as rx

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.refunds import service as refunds
from kagibag_app.features.refunds.rules.limits import Alone, limit_for
from kagibag_app.features.refunds.views import RequestDetail, waits
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web import live
from kagibag_app.web.admin.address import left_out, say_in_place
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.counts import NavCounts
from kagibag_app.web.admin.refunds import display, drafts, review_display
from kagibag_app.web.admin.refunds.address import PATH, Place, read_place
from kagibag_app.web.admin.refunds.presence import others, stay
from kagibag_app.web.admin.refunds.reading import Seen, look, look_again
from kagibag_app.web.admin.refunds.rows import (
    Draft,
    Filters,
    NoteLine,
    Question,
    Queue,
    QueueLine,
    RefundLine,
    Review,
    TicketLine,
    WarningLine,
)
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.components.waterfall import Bar
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

_GONE = "The request in the address was not found. It may belong to another organization."
_MOVED_ON = "Another request was shown meanwhile. Nothing was decided; look again."


@dataclass(frozen=True, slots=True)
class Pending:
    """What was asked about: it is decided exactly as the dialog says it."""

    request: str = ""
    version: int = 0
    amount_minor: int = 0
    message: str = ""
    note: str = ""
    keep: bool = False


class RefundsState(Workspace):
    """What the queue shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        decides, writes_notes, manages_policies: What the member's role includes.
        question: The dialog that is open; ``problem`` is why it could not be done, ``busy`` while it is.
        notice: What of the address could not be read.
        overtaken: Who else decided the request under review, what and when.
        others: Who else has it open.
        may_pick: Something in the list can be approved together with others, by who looks at it.
        note_round: Changes when the note's field must begin anew.
    """

    phase: str = "loading"
    counts: NavCounts = NavCounts()
    queue: Queue = Queue()
    tabs: list[Choice] = []
    lines: list[QueueLine] = []
    filters: Filters = Filters()
    may_pick: bool = False
    others: str = ""
    review: Review = Review()
    tickets: list[TicketLine] = []
    warnings: list[WarningLine] = []
    bars: list[Bar] = []
    fee: str = ""
    refunds: list[RefundLine] = []
    notes: list[NoteLine] = []
    draft: Draft = Draft()
    question: Question = Question()
    decides: bool = False
    writes_notes: bool = False
    manages_policies: bool = False
    busy: bool = False
    problem: str = ""
    notice: str = ""
    overtaken: str = ""
    note_error: str = ""
    note_round: int = 0
    _seen: Seen | None = None
    _stayed: tuple[str, datetime] | None = None
    _pending: Pending = Pending()
    _alone: Alone = Alone()

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def load(self, actor: Actor):
        """Show what the address asks for, and follow it; a question about the request that is still shown stays open."""
        here, ignored = read_place(self.router.url.query_parameters)
        seen = await look(actor, here)
        missed = here.request and here.request != seen.here.request
        self.notice = " ".join(filter(None, (left_out(ignored), _GONE if missed else "")))
        self.overtaken, self.busy, self.note_error = "", False, ""
        if self._pending.request != seen.here.request:
            self.question = Question()
        self._show(actor, seen)
        organizer, shown = actor.organizer_id or 0, seen.here.request
        await self._stay(actor)
        followed = [topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(
            self, [*followed, *([topics.reviewers(organizer, shown)] if shown else [])], RefundsState.refresh
        )
        # The first of the list is under review: the address says so from now on, so that nothing above it takes its place.
        chosen = seen.here.request and not here.request and not self.notice
        return say_in_place(self, seen.here.href()) if chosen else None

    @rx.event
    @require(Action.VIEW_REFUNDS, person=False)
    async def refresh(self, actor: Actor):
        """Show what changed; the request under review and what is typed stay."""
        if self.router.url.path.rstrip("/") == PATH:
            self._show(actor, await look_again(actor, self._here()))
            await self._stay(actor)

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def go(self, actor: Actor, step: int):
        """Review the next (1) or the previous (-1) request of the list."""
        beside = self._seen.neighbour(1 if step > 0 else -1) if self._seen else ""
        return rx.redirect(replace(self._here(), request=beside).href()) if beside else None

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def keep(self, actor: Actor, form: dict[str, str]):
        """Keep what is typed, and say what the amount means."""
        found = self._detail()
        if found is None or form.get("request") != found.id:
            return
        typed = replace(
            self.draft, amount=form.get("amount", self.draft.amount), message=form.get("message", ""),
            note=form.get("note", ""), keep=form.get("keep") == "on",
        )  # fmt: skip
        self._judge(found, typed)

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def ask_refund(self, actor: Actor, form: dict[str, str]):
        """Ask once before money moves, with what it means."""
        found = self._asked_about(form)
        amount = drafts.read_amount(form.get("amount", ""), found)
        self._pending = _pending(found, form, amount)
        asked = self._pending
        self._ask(drafts.refund_question(found, amount, asked.message, self._alone, keep=asked.keep))

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def ask_decline(self, actor: Actor, form: dict[str, str]):
        """Ask once before a request is declined."""
        found = self._asked_about(form)
        self._pending = _pending(found, form, 0)
        self._ask(drafts.decline_question(found, self._pending.message))

    @rx.event
    @require(Action.DECIDE_REFUNDS, decides=False)
    async def ask_retry(self, actor: Actor):
        """Ask once before a failed refund is sent again."""
        found = self._detail()
        if found is None:
            raise NotFound("request")
        self._pending = Pending(found.id, found.version, found.approved_minor or found.amount_minor)
        self._ask(drafts.retry_question(found))

    @rx.event
    @require(Action.VIEW_REFUNDS)
    async def close(self, actor: Actor, open: bool):
        """Close the question without doing anything."""
        if not open and not self.busy:
            self.question, self.problem = Question(), ""

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def refund(self, actor: Actor):
        """Approve as asked: the refund is queued for Stripe."""
        asked = self._pending
        async for answer in self._decide(
            actor, "refund", lambda tx: refunds.approve(
                tx, actor, request_id=asked.request, version=asked.version, amount_minor=asked.amount_minor,
                message=asked.message, note=asked.note, keep_tickets=asked.keep,
            ), lambda sent: f"{{amount}} {'is on its way to Stripe' if sent else 'waits for a second person'}",
        ):  # fmt: skip
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def decline(self, actor: Actor, form: dict[str, str]):
        """Decline with the message in the dialog."""
        asked = self._pending
        async for answer in self._decide(
            actor, "decline", lambda tx: refunds.decline(
                tx, actor, request_id=asked.request, version=asked.version, message=form.get("answer", ""),
                note=asked.note,
            ), lambda _: "Request declined",
        ):  # fmt: skip
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def retry(self, actor: Actor):
        """Send the failed refund again."""
        asked = self._pending
        async for answer in self._decide(
            actor, "retry", lambda tx: refunds.retry(
                tx, actor, request_id=asked.request, version=asked.version
            ), lambda _: "{amount} is sent again",
        ):  # fmt: skip
            yield answer

    @rx.event
    @require(Action.DECIDE_REFUNDS)
    async def send_back(self, actor: Actor):
        """Take the first approval back: nothing waits for a second person any more."""
        found = self._detail()
        if found is None or found.first is None:
            raise NotFound("request")
        try:
            await runtime().store.run(
                lambda tx: refunds.send_back(tx, actor, request_id=found.id, version=found.version)
            )
        except refunds.AlreadyDecided as error:
            self.overtaken = error.message
        self._show(actor, await look(actor, self._here()))

    @rx.event
    @require(Action.WRITE_NOTES)
    async def add_note(self, actor: Actor, form: dict[str, str]):
        """Add a private note to the request under review."""
        request, words = form.get("request", ""), form.get("text", "")
        try:
            await runtime().store.run(lambda tx: refunds.add_note(tx, actor, request_id=request, text=words))
        except DomainError as error:
            self.note_error = error.message
            return
        self.note_error, self.note_round = "", self.note_round + 1
        self._show(actor, await look(actor, self._here()))

    async def _decide(
        self,
        actor: Actor,
        kind: str,
        work: Callable[[Transaction], Awaitable[Any]],
        done: Callable[[Any], str],
    ):
        """Do what the open dialog asks, once; say how it ended."""
        if self.busy or self.question.kind != kind:
            return
        self.busy, self.problem = True, ""
        yield
        found = self._detail()
        try:
            made = await runtime().store.run(work)
            self.question, self.draft = Question(), Draft()
            if found is not None:
                amount = l10n.money(self._pending.amount_minor, found.currency)
                yield notify(
                    done(made).format(amount=amount), f"{found.buyer_name}, order {found.order_number}"
                )
        except refunds.AlreadyDecided as error:
            self.question, self.overtaken = Question(), error.message
        except DomainError as error:
            self.problem = error.message
        finally:
            self.busy = False
        self._show(actor, await look(actor, self._here()))

    async def _stay(self, actor: Actor) -> None:
        """Say to whoever has the same request open that this tab shows it."""
        token = self.router.session.client_token
        self._stayed = await stay(actor, self._here().request, token, self._stayed)

    def _here(self) -> Place:
        return self._seen.here if self._seen else read_place(self.router.url.query_parameters)[0]

    def _detail(self) -> RequestDetail | None:
        return self._seen.detail if self._seen else None

    def _asked_about(self, form: dict[str, str]) -> RequestDetail:
        found = self._detail()
        if found is None or form.get("request") != found.id:
            raise DomainError(_MOVED_ON, code="another_request")
        return found

    def _ask(self, question: Question) -> None:
        self.question, self.problem, self.overtaken, self.busy = question, "", "", False

    def _show(self, actor: Actor, seen: Seen) -> None:
        before = self._detail()
        self._seen, self.counts, self.phase = seen, seen.counts, "shown"
        self.queue = display.queue(seen.page, seen.here, seen.at)
        self.tabs = display.tab_rows(seen.page, seen.here)
        self.filters = display.filters(seen.here, seen.events)
        self.lines = display.queue_lines(seen.page, seen.here, seen.zone, seen.at)
        self.decides = allowed(actor.role, Action.DECIDE_REFUNDS)
        self.may_pick = self.decides and any(line.pickable for line in self.lines)
        self.others = others(seen.reviewers, actor.user_id)
        self.manages_policies = allowed(actor.role, Action.MANAGE_POLICIES)
        self.writes_notes = allowed(actor.role, Action.WRITE_NOTES)
        found = seen.detail
        if found is None:
            self.review, self.draft = Review(), Draft()
            return
        if before is None or before.id != found.id:
            self.overtaken = ""
        given = found.given.get(actor.user_id or 0, 0)
        self._alone = Alone(limit_for(actor.role, found.alone_minor), given)
        self._show_review(seen, found, actor.user_id)

    def _show_review(self, seen: Seen, found: RequestDetail, user_id: int | None) -> None:
        self.review = review_display.review(found, seen.zone, seen.at, place=seen.position(), user_id=user_id)
        self.tickets, self.warnings = review_display.ticket_lines(found), review_display.warning_lines(found)
        self.refunds = review_display.refund_lines(found, seen.zone)
        self.notes = review_display.note_lines(found, seen.zone)
        kept = self.draft.request == found.id and waits(found.status)
        self._judge(found, self.draft if kept else drafts.fresh_draft(found, self._alone))

    def _judge(self, found: RequestDetail, draft: Draft) -> None:
        self.draft = drafts.judged(draft, found, self._alone)
        zone = self._seen.zone if self._seen else "UTC"
        typed = drafts.typed_minor(self.draft, found)
        self.bars, self.fee = review_display.money_bars(found, zone, typed_minor=typed)


def _pending(found: RequestDetail, form: dict[str, str], amount_minor: int) -> Pending:
    return Pending(
        found.id, found.version, amount_minor, form.get("message", ""), form.get("note", ""),
        keep=form.get("keep") == "on",
    )  # fmt: skip
