"""What is done at the desk to an order: mails, the buyer's address, notes, tickets at the door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages import service as messages
from kagibag_app.features.orders import service as orders
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError, NotFound
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web.admin.order.rows import EmailAsk, TicketAsk, TicketLine
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

_NO_CONFIRMATION = "There is none yet: it is written when the order is completed."
_MENTION = "mention-"


class OrderDeskState(Workspace):
    """The dialogs and fields of the desk.

    Attributes:
        ticket_ask, email_ask: The dialogs; the one that names something is open.
        busy: What is being done: ``resend``, ``email``, ``note``, or a ticket's public id; empty for nothing.
        problem: Why the open dialog's act could not be done.
        note_error: Why the note was not added; ``note_round`` changes when its field begins anew.
    """

    ticket_ask: TicketAsk = TicketAsk()
    email_ask: EmailAsk = EmailAsk()
    busy: str = ""
    problem: str = ""
    note_error: str = ""
    note_round: int = 0

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def begin(self, actor: Actor):
        """Close what was left open on an earlier visit."""
        self._close()

    @rx.event
    @require(Action.RESEND_MAIL)
    async def resend_confirmation(self, actor: Actor):
        """Send the buyer the confirmation with the ticket links once more."""
        detail = await self._detail()
        mail = detail._confirmation
        if not mail:
            yield notify("The confirmation was not sent again", _NO_CONFIRMATION, tone="error")
            return
        done = notify(
            "Confirmation on its way again",
            f"To {detail.face.email}. Its state is under Messages.",
            lead=("See the messages", rx.scroll_to("messages")),
        )
        work = partial(messages.resend, actor=actor, message_id=mail)
        async for answer in self._press(actor, "resend", work, done, "The confirmation was not sent again"):
            yield answer

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def open_ticket(self, actor: Actor, ticket: str):
        """Show what can be done with a ticket."""
        self.problem, self.ticket_ask = "", _asked(await self._ticket(ticket), (await self._detail()).face.id)

    @rx.event
    @require(Action.VOID_TICKETS)
    async def ask_void(self, actor: Actor, ticket: str):
        """Ask before a ticket becomes void."""
        line, order = await self._ticket(ticket), (await self._detail()).face.id
        self.problem, self.ticket_ask = "", _asked(line, order, voiding=True)

    @rx.event
    @require(Action.CHECK_IN)
    async def check_in(self, actor: Actor, ticket: str):
        """Let somebody in."""
        line = await self._ticket(ticket)
        work = partial(orders.check_in, actor=actor, ticket=ticket)
        async for answer in self._press(
            actor, ticket, work, notify("Checked in", f"{line.name}, {line.code}"), "Not checked in"
        ):
            yield answer

    @rx.event
    @require(Action.CHECK_IN)
    async def undo_check_in(self, actor: Actor, ticket: str):
        """Make a used ticket valid again."""
        line = await self._ticket(ticket)
        work = partial(orders.undo_check_in, actor=actor, ticket=ticket)
        async for answer in self._press(
            actor, ticket, work, notify("Check-in undone", f"{line.name}, {line.code}"), "Not undone"
        ):
            yield answer

    @rx.event
    @require(Action.RESEND_MAIL)
    async def resend_ticket(self, actor: Actor, ticket: str):
        """Mail the buyer the link of one ticket."""
        line = await self._ticket(ticket)
        work = partial(orders.resend_ticket, actor=actor, ticket=ticket)
        done = notify(
            "Ticket link on its way", f"{line.name}, {line.code}", lead=("See the messages", rx.scroll_to("messages"))
        )  # fmt: skip
        async for answer in self._press(actor, ticket, work, done, "The link was not sent"):
            yield answer

    @rx.event
    @require(Action.VOID_TICKETS)
    async def void(self, actor: Actor, form: dict[str, str]):
        """Make the ticket of the open dialog void."""
        asked = self.ticket_ask
        if not asked.voiding:
            return
        reason, back = form.get("reason", ""), bool(form.get("put_back"))
        work = partial(orders.void_ticket, actor=actor, ticket=asked.id, reason=reason, put_back_on_sale=back)
        done = notify(f"Ticket {asked.code} is void", "Its seat is back on sale." if back else "")
        async for answer in self._decide(actor, asked.id, work, done):
            yield answer

    @rx.event
    @require(Action.CORRECT_EMAIL)
    async def open_email(self, actor: Actor):
        """Ask for the right address."""
        face = (await self._detail()).face
        self.problem, self.email_ask = "", EmailAsk(order=face.id, typed=face.email)

    @rx.event
    @require(Action.CORRECT_EMAIL)
    async def correct_email(self, actor: Actor, form: dict[str, str]):
        """Correct the buyer's address: old links stop, new ones are mailed."""
        asked, email = self.email_ask, form.get("email", "")
        if not asked.order:
            return
        work = partial(orders.correct_email, actor=actor, order=asked.order, email=email)
        done = notify("Address corrected", f"New links are on their way to {email.strip()}.")
        async for answer in self._decide(actor, "email", work, done):
            yield answer

    @rx.event
    @require(Action.WRITE_NOTES)
    async def add_note(self, actor: Actor, form: dict[str, str]):
        """Add a note for the members; those who are ticked are told by mail."""
        order = (await self._detail()).face.id
        mentions = [name.removeprefix(_MENTION) for name in form if name.startswith(_MENTION)]
        try:
            await runtime().store.run(
                lambda tx: orders.add_note(
                    tx, actor, order=order, text=form.get("text", ""), mentions=mentions
                )
            )
        except DomainError as error:
            self.note_error = error.message
            return
        self.note_error, self.note_round = "", self.note_round + 1
        await (await self._detail())._read(actor)

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def close(self, actor: Actor, open: bool):
        """Close the dialog without doing anything."""
        if not open and not self.busy:
            self._close()

    async def _press(
        self,
        actor: Actor,
        what: str,
        work: Callable[[Transaction], Awaitable[Any]],
        done: rx.event.EventSpec,
        failed: str,
    ):
        """Do what needs no question, once a press; say how it ended."""
        if self.busy:
            return
        self.busy = what
        yield
        try:
            await runtime().store.run(work)
            self._close()
            yield done
        except DomainError as error:
            yield notify(failed, error.message, tone="error")
        finally:
            self.busy = ""
        await (await self._detail())._read(actor)

    async def _decide(
        self,
        actor: Actor,
        what: str,
        work: Callable[[Transaction], Awaitable[Any]],
        done: rx.event.EventSpec,
    ):
        """Do what the open dialog asks, once; it stays open with the reason when it could not be done."""
        if self.busy:
            return
        self.busy, self.problem = what, ""
        yield
        try:
            await runtime().store.run(work)
            self._close()
            yield done
        except DomainError as error:
            self.problem = error.message
        finally:
            self.busy = ""
        await (await self._detail())._read(actor)

    async def _detail(self) -> OrderDetailState:
        return await self.get_state(OrderDetailState)

    async def _ticket(self, ticket: str) -> TicketLine:
        """Return a ticket of the order on the screen."""
        shown = (await self._detail()).tickets
        found = next((line for line in shown if line.ticket and line.ticket == ticket), None)
        if found is None:
            raise NotFound("ticket")
        return found

    def _close(self) -> None:
        self.ticket_ask, self.email_ask, self.problem = TicketAsk(), EmailAsk(), ""


def _asked(line: TicketLine, order: str, *, voiding: bool = False) -> TicketAsk:
    return TicketAsk(id=line.ticket, order=order, name=line.name, code=line.code, voiding=voiding)
