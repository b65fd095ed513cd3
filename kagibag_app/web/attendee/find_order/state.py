"""Asks for the links to be mailed, and tells nothing about who ordered what."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import email_key
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.text import one_line
from kagibag_app.web.attendee.screen import Screen
from kagibag_app.web.limits import Limit, TooMany, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import client_address, public


class FindOrderState(Screen, rx.State):
    """What the page shows.

    Attributes:
        asked: The address that was asked for; empty while the question is shown.
    """

    asked: str = ""
    email_error: str = ""

    @rx.event
    @public
    async def load(self):
        """Begin with an empty question."""
        self.reset()
        self._open()

    @rx.event
    @public
    async def again(self):
        """Ask for another address."""
        self.asked = ""

    @rx.event
    @public
    async def send(self, form: dict[str, str]):
        """Have the links mailed; the answer is the same whether there is anything to mail."""
        self.email_error = ""
        await rate_limits().spend(Limit.FIND_ORDER_ADDRESS, client_address(self))
        try:
            email = one_line(form.get("email", ""), field="email", limit=254)
            number = one_line(form.get("number", ""), field="number", limit=40, required=False)
        except BadInput as error:
            self.email_error = error.message
            return rx.set_focus("email")
        await _mail_links(email, number)
        self.asked = email
        return None


async def _mail_links(email: str, number: str) -> None:
    """Mail the links, but not again and again to one address; who asked hears nothing of either."""
    try:
        await rate_limits().spend(Limit.FIND_ORDER_EMAIL, email_key(email))
    except TooMany:
        return
    await runtime().store.run(lambda tx: orders.send_links(tx, email=email, number=number))
