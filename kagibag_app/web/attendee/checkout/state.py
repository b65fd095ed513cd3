"""Brings the buyer to Stripe's page and, once paid, to the tickets."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.payments import queries as payments
from kagibag_app.features.payments import service as payments_service
from kagibag_app.features.payments.views import PaymentView
from kagibag_app.kit.actor import attendee
from kagibag_app.kit.errors import DomainError
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.attendee.checkout.display import CheckoutFace, face, stage_of
from kagibag_app.web.attendee.links import CHECKOUT_PREFIX, ORDER_PREFIX, order_of_link
from kagibag_app.web.attendee.screen import Screen
from kagibag_app.web.limits import Limit, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import client_address, public, route_arg

# What Stripe's page adds to our address when it sends the buyer back: a claim, good for words alone.
RETURN_PARAMETER = "back"
RETURN_PAID = "paid"


class CheckoutState(Screen, rx.State):
    """What the page between the order and its tickets shows.

    Attributes:
        problem: Why the last press did nothing, one sentence.
    """

    face: CheckoutFace = CheckoutFace()
    problem: str = ""
    busy: bool = False
    _forwarded: str = ""
    _returned: bool = False

    @rx.event
    @public
    async def load(self):
        """Show where the payment stands, go on if it can, and follow it."""
        self.problem, self.busy = "", False
        self._open()
        back = self.router.url.query_parameters.get(RETURN_PARAMETER, "")
        async with runtime().store.read() as session:
            order = await order_of_link(session, self._token())
            self._returned = back == RETURN_PAID
            if back and order is not None:
                self._forwarded = order.public_id
            url = await self._show(session, order)
        if order is not None and order.id is not None:
            live.watch(self, [topics.order(order.id)], CheckoutState.refresh)
        await self._look(order)
        return self._onward(url)

    @rx.event
    @public
    async def refresh(self):
        """Show it as it is now; go on as soon as there is somewhere to go. A page that was left goes nowhere."""
        if not self.router.url.path.startswith(CHECKOUT_PREFIX):
            return None
        async with runtime().store.read() as session:
            order = await order_of_link(session, self._token())
            url = await self._show(session, order)
        await self._look(order)
        return self._onward(url)

    @rx.event
    @public
    async def go(self):
        """Go (back) to Stripe's page, whose address is read anew."""
        async with runtime().store.read() as session:
            order = await order_of_link(session, self._token())
            payment = await _payment(session, order) if order else None
            await self._show(session, order)
        return rx.redirect(payment.session_url) if payment and payment.session_url else None

    @rx.event
    @public
    async def show_order(self):
        """Go to the order's page."""
        return rx.redirect(ORDER_PREFIX + self._token())

    @rx.event
    @public
    async def try_again(self):
        """Hold the tickets again and open another payment."""
        if self.busy:
            return
        self.busy, self.problem = True, ""
        yield
        try:
            await rate_limits().spend(Limit.PLACE_ORDER, client_address(self))
            await self._retry()
        except DomainError as error:
            self.problem = error.message
        finally:
            self.busy = False

    def _token(self) -> str:
        return route_arg(self, "token")

    async def _look(self, order: Order | None) -> None:
        """Have Stripe asked, so that the tickets come even when its events are late."""
        if order is None or self.face.stage != "confirming":
            return
        async with runtime().store.read() as session:
            payment = await _payment(session, order)
        if payment is None:
            return
        # There is nothing to ask Stripe about a payment that was made up; the page shows it all the same.
        with suppress(DomainError):
            await runtime().store.run(
                lambda tx: payments_service.look_soon(tx, payment_public_id=payment.public_id)
            )

    async def _show(self, session: AsyncSession, order: Order | None) -> str:
        """Put the payment on the page; return where to go on to by itself, if anywhere."""
        if order is None:
            self._missing()
            return ""
        payment = await _payment(session, order)
        view = await orders.order_view(session, order)
        stage = stage_of(view, payment, returned=self._returned, forwarded=self._forwarded == order.public_id)
        self.phase, self.face = "shown", face(view, payment, stage)
        if stage == "paid":
            return ORDER_PREFIX + self._token()
        if stage != "forward" or payment is None:
            return ""
        self._forwarded = order.public_id
        return payment.session_url

    def _onward(self, url: str) -> Any:
        return rx.redirect(url, replace=True) if url else None

    async def _retry(self) -> None:
        settings = runtime().settings
        async with runtime().store.read() as session:
            order = await order_of_link(session, self._token())
        if order is None:
            self._missing()
            return
        await runtime().store.run(
            lambda tx: checkout.retry_payment(
                tx,
                attendee(order.organizer_id, order.buyer_name),
                order_public_id=order.public_id,
                platform_account=runtime().platform_account if settings.may_charge_on_platform else "",
            )
        )
        self._forwarded, self._returned = "", False


async def _payment(session: AsyncSession, order: Order) -> PaymentView | None:
    return await payments.payment_of_order(session, order.organizer_id, order.id or 0)
