"""Choosing tickets and placing the order. Prices and what is left are asked of the server at every step."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.checkout import queries as checkout_queries
from kagibag_app.features.checkout import service as checkout
from kagibag_app.features.checkout.rules import read_email, read_name
from kagibag_app.features.checkout.views import PlacedOrder
from kagibag_app.features.events.queries import event_by_slug, event_row_by_slug
from kagibag_app.features.events.rules import SaleState
from kagibag_app.features.events.views import EventView
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.web import live
from kagibag_app.web.attendee.event.cart import (
    CHANGED,
    Summary,
    price_lines,
    summary,
    unpaid_sentence,
    within_reach,
)
from kagibag_app.web.attendee.event.display import EventFace, TypeRow, face, type_rows
from kagibag_app.web.attendee.links import CHECKOUT_PREFIX, ORDER_PREFIX, order_token
from kagibag_app.web.attendee.screen import Screen
from kagibag_app.web.components.price_table import PriceLine
from kagibag_app.web.limits import Limit, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import client_address, public, route_arg


class EventState(Screen, rx.State):
    """What the event page shows.

    Attributes:
        selling: Whether there is anything to order.
        code: The discount code that applies.
        problem: What stands in the way of ordering, one sentence.
        unpaid: This tab's order that is held and not paid, one sentence; empty when there is none.
        busy: The order is being placed.
    """

    event: EventFace = EventFace()
    types: list[TypeRow] = []
    lines: list[PriceLine] = []
    summary: Summary = Summary()
    selling: bool = False
    code: str = ""
    code_error: str = ""
    name_error: str = ""
    email_error: str = ""
    problem: str = ""
    unpaid: str = ""
    busy: bool = False
    _slug: str = ""
    _wanted: dict[str, int] = {}
    _request_key: str = ""
    _placed_id: str = ""

    @rx.event
    @public
    async def load(self):
        """Show the event of the address and follow what is left of it."""
        slug = route_arg(self, "slug")
        if slug != self._slug:
            self.reset()
        self._slug, self.busy = slug, False
        self._open()
        async with runtime().store.read() as session:
            row = await event_row_by_slug(session, slug)
            await self._begin(session)
            await self._show(session, await _event(session, slug), told=bool(self.unpaid))
        if row is not None and row.id is not None:
            live.watch(self, [topics.event(row.id)], EventState.refresh)

    @rx.event
    @public
    async def refresh(self):
        """Show what is left now; a choice that is gone is taken out of the order, and said."""
        slug = route_arg(self, "slug")

        async def read() -> EventView | None:
            async with runtime().store.read() as session:
                return await _event(session, slug)

        event = await live.share(("event", slug), read)
        async with runtime().store.read() as session:
            await self._show(session, event)

    @rx.event
    @public
    async def more(self, type_id: str):
        """One more of a ticket type."""
        await self._change(type_id, 1)

    @rx.event
    @public
    async def less(self, type_id: str):
        """One less of a ticket type."""
        await self._change(type_id, -1)

    @rx.event
    @public
    async def apply_code(self, form: dict[str, str]):
        """Try a discount code; the answer is the same for one that never was and one that is over."""
        typed = form.get("code", "").strip()
        if not typed:
            self.code_error = "Type the code first."
            return
        await rate_limits().spend(Limit.PROMOTION_CODE, client_address(self))
        await self._price(typed)

    @rx.event
    @public
    async def remove_code(self, code: str):
        """Take the discount off again."""
        if code == self.code:
            self.code = self.code_error = ""
            await self._price("")

    @rx.event
    @public
    async def resume(self):
        """Go on with the order that this tab has placed and not paid."""
        async with runtime().store.read() as session:
            order = await orders.order_by_public_id(session, self._placed_id)
        return rx.redirect(CHECKOUT_PREFIX + order_token(order)) if order else None

    @rx.event
    @public
    async def place(self, form: dict[str, str]):
        """Place the order and go on to pay; a free one goes straight to its tickets."""
        if self.busy:
            return
        self.busy = True
        self.name_error = self.email_error = self.problem = ""
        yield
        placed = None
        try:
            await rate_limits().spend(Limit.PLACE_ORDER, client_address(self))
            placed = await self._order(form)
        except DomainError as error:
            yield await self._refused(error, form)
        finally:
            self.busy = placed is not None
        if placed is not None:
            yield self._onward(placed)

    async def _order(self, form: dict[str, str]) -> PlacedOrder:
        wanted, key, code = dict(self._wanted), self._request_key, self.code
        settings = runtime().settings
        return await runtime().store.run(
            lambda tx: checkout.place_order(
                tx,
                event_slug=self._slug,
                quantities=wanted,
                buyer_name=form.get("name", ""),
                buyer_email=form.get("email", ""),
                code=code,
                platform_account=runtime().platform_account if settings.may_charge_on_platform else "",
                request_key=key,
            )
        )

    def _onward(self, placed: PlacedOrder) -> Any:
        self._placed_id = placed.id
        token = runtime().links.token(LinkPurpose.ORDER, placed.id, placed.link_version)
        return rx.redirect((ORDER_PREFIX if placed.status == OrderStatus.PAID else CHECKOUT_PREFIX) + token)

    async def _refused(self, error: DomainError, form: dict[str, str]) -> Any:
        """Show what is left now, and beside which fields the mistakes are."""
        async with runtime().store.read() as session:
            await self._show(session, await _event(session, self._slug))
        if error.code == "checkout_over":
            self._request_key = secrets.token_hex(16)
        field = error.field if isinstance(error, BadInput) else ""
        if field in ("name", "email"):
            self.name_error = _mistake(read_name, form.get("name", ""))
            self.email_error = _mistake(read_email, form.get("email", ""))
            return rx.set_focus(field)
        if field == "code":
            self.code_error = error.message
        else:
            self.problem = error.message
        return None

    async def _begin(self, session: AsyncSession) -> None:
        """A new visit orders anew; coming back from an unpaid order offers to go on with it, since it holds the seats."""
        placed = await orders.order_by_public_id(session, self._placed_id) if self._placed_id else None
        self.unpaid = ""
        if placed is not None and placed.status == OrderStatus.PENDING:
            self.unpaid = unpaid_sentence(await orders.order_view(session, placed))
            return
        if placed is not None:
            self._wanted = {}
        self._placed_id, self._request_key = "", secrets.token_hex(16)

    async def _change(self, type_id: str, by: int) -> None:
        async with runtime().store.read() as session:
            event = await _event(session, route_arg(self, "slug"))
            if event is None or all(kind.id != type_id for kind in event.ticket_types):
                return
            self.problem = ""
            self._wanted = {**self._wanted, type_id: self._wanted.get(type_id, 0) + by}
            await self._show(session, event, told=True)

    async def _price(self, code: str) -> None:
        """Ask what a code does; one that does nothing leaves the order as it was."""
        async with runtime().store.read() as session:
            quote = await checkout_queries.quote_cart(
                session, self._slug, self._wanted, code=code, now=runtime().clock.now()
            )
        if code and not quote.lines:
            self.code_error = "Choose your tickets first, then apply the code."
        elif quote.code_problem:
            self.code_error = quote.code_problem
        else:
            self.code, self.code_error = quote.code, ""
            self.lines, self.summary = price_lines(quote), summary(quote)

    async def _show(self, session: AsyncSession, event: EventView | None, *, told: bool = False) -> None:
        """Put the event and the order's sums on the page.

        Args:
            told: The choice just made is simply kept within reach; otherwise what went away meanwhile is said.
        """
        if event is None:
            self._missing()
            return
        kept = within_reach(self._wanted, event)
        if kept != {kind: count for kind, count in self._wanted.items() if count} and not told:
            self.problem = CHANGED
        self._wanted = kept
        self.phase, self.event, self.types = "shown", face(event), type_rows(event, kept)
        self.selling = event.sale == SaleState.ON_SALE
        quote = await checkout_queries.quote_cart(
            session, event.slug, kept, code=self.code, now=runtime().clock.now()
        )
        if quote.code_problem:
            self.code, self.code_error = "", quote.code_problem
        self.lines, self.summary = price_lines(quote), summary(quote)


def _mistake(read: Callable[[object], str], typed: str) -> str:
    try:
        read(typed)
    except BadInput as error:
        return error.message
    return ""


async def _event(session: AsyncSession, slug: str) -> EventView | None:
    try:
        return await event_by_slug(session, slug, now=runtime().clock.now())
    except NotFound:
        return None
