"""What is done at the desk to an order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.messages import service as messages
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

_NO_CONFIRMATION = "There is none yet: it is written when the order is completed."


class OrderDeskState(Workspace):
    """The acts of the desk. ``busy``: what is being done; empty for nothing."""

    busy: str = ""

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
            yield done
        except DomainError as error:
            yield notify(failed, error.message, tone="error")
        finally:
            self.busy = ""
        await (await self._detail())._read(actor)

    async def _detail(self) -> OrderDetailState:
        return await self.get_state(OrderDetailState)
