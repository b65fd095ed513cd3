"""Webhook endpoints: made, paused, deleted; their deliveries read and replayed. A secret is shown once."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import EndpointStatus, EventType, new_secret
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.address import left_out
from kagibag_app.web.admin.counts import NavCounts
from kagibag_app.web.admin.webhooks import display
from kagibag_app.web.admin.webhooks.display import Wanted
from kagibag_app.web.admin.webhooks.reading import Found, found
from kagibag_app.web.admin.webhooks.rows import (
    Attempt,
    DeliveryFace,
    DeliveryLine,
    EndpointFace,
    EndpointItem,
    Errors,
    LogTab,
)
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

QUESTIONS = ("delete", "rotate")


class WebhooksState(Workspace):
    """What the screen shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        adding: The form of a new endpoint is open.
        asking: The question that is open: ``delete`` or ``rotate``; empty: none.
        secret: A signing secret while it is shown for the only time; gone when its dialog closes.
        older: Address of the next page of the log; ``newest`` of the first one, where that is another.
    """

    phase: str = "loading"
    endpoints: list[EndpointItem] = []
    endpoint: EndpointFace = EndpointFace()
    tabs: list[LogTab] = []
    log: list[DeliveryLine] = []
    delivery: DeliveryFace = DeliveryFace()
    attempts: list[Attempt] = []
    search: str = ""
    search_round: int = 0
    older: str = ""
    newest: str = ""
    notice: str = ""
    counts: NavCounts = NavCounts()
    may_manage: bool = False
    adding: bool = False
    errors: Errors = Errors()
    asking: str = ""
    ask_error: str = ""
    busy: bool = False
    secret: str = ""
    _typed: str = ""
    _made: str = ""

    @rx.event
    @require(Action.VIEW_WEBHOOKS)
    async def load(self, actor: Actor):
        """Show what the address asks for, and follow it."""
        wanted, ignored = display.read(self.router.url.query_parameters)
        self.secret, self._made, self.asking, self.adding, self.busy = "", "", "", False, False
        seen = await found(actor, wanted)
        if wanted.endpoint and (seen.open is None or seen.open.public_id != wanted.endpoint):
            ignored.append("endpoint")
        if wanted.delivery and seen.delivery is None:
            ignored.append("delivery")
        self.notice = left_out(ignored)
        if wanted.search != self._typed or self.phase != "shown":
            self._typed, self.search_round = wanted.search, self.search_round + 1
        self._show(seen, wanted, actor)
        organizer = actor.organizer_id or 0
        followed = [topics.webhooks(organizer), topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(self, followed, WebhooksState.refresh)

    @rx.event
    @require(Action.VIEW_WEBHOOKS, person=False)
    async def refresh(self, actor: Actor):
        """Show it as it is now."""
        if self.router.url.path.rstrip("/") == display.PATH:
            await self._read(actor)

    @rx.event
    @require(Action.VIEW_WEBHOOKS)
    async def find(self, actor: Actor, typed: str):
        """Look for an event id or a part of an order number."""
        self._typed = typed.strip()[:100]
        return rx.redirect(self._wanted().but(search=self._typed, after="", delivery=""), replace=True)

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def add(self, actor: Actor):
        """Open the form of a new endpoint."""
        self.adding, self.errors = True, Errors()

    @rx.event
    @require(Action.VIEW_WEBHOOKS)
    async def stop_adding(self, actor: Actor, open: bool):
        """Close the form without adding anything."""
        self.adding = open

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def create(self, actor: Actor, form: dict[str, str]):
        """Add an endpoint and show its secret once."""
        if self.busy:
            return
        self.busy, self.errors = True, Errors()
        yield
        try:
            secret = new_secret()
            endpoint_id = await self._create(actor, form, secret)
            self.adding, self.secret, self._made = False, secret, endpoint_id
            await self._read(actor, Wanted(endpoint=endpoint_id))
        except DomainError as error:
            self.errors = _errors(error)
        finally:
            self.busy = False

    @rx.event
    @require(Action.VIEW_WEBHOOKS)
    async def close_secret(self, actor: Actor, open: bool):
        """Take the secret off the page, so that nobody can show it again, and go to the endpoint that was made."""
        made, self._made = self._made, ""
        self.secret = ""
        return rx.redirect(Wanted(endpoint=made).but()) if made else None

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def ask(self, actor: Actor, question: str):
        """Ask before something is lost."""
        if question in QUESTIONS:
            self.asking, self.ask_error = question, ""

    @rx.event
    @require(Action.VIEW_WEBHOOKS)
    async def stop_asking(self, actor: Actor, open: bool):
        """Close the question without doing anything."""
        self.asking = self.asking if open else ""

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def rotate(self, actor: Actor):
        """Sign with a new secret and show it once."""
        secret, endpoint_id = new_secret(), self.endpoint.id
        sealed = runtime().box.seal(secret)
        if await self._done(
            lambda tx: webhooks.rotate_secret(tx, actor, endpoint_id=endpoint_id, sealed_secret=sealed)
        ):
            self.secret = secret
        await self._read(actor)

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def delete(self, actor: Actor):
        """Remove the endpoint that is open."""
        endpoint_id, name = self.endpoint.id, self.endpoint.name
        if await self._done(lambda tx: webhooks.delete_endpoint(tx, actor, endpoint_id=endpoint_id)):
            yield rx.redirect(display.PATH)
            yield notify(f"{name} is deleted", "Nothing is sent there any more.")
            await self._read(actor, Wanted())

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def pause(self, actor: Actor):
        """Stop sending to the endpoint that is open."""
        endpoint_id, name = self.endpoint.id, self.endpoint.name
        await runtime().store.run(lambda tx: webhooks.pause_endpoint(tx, actor, endpoint_id=endpoint_id))
        await self._read(actor)
        return notify(f"{name} is paused", "What happens meanwhile is held and sent when it is resumed.")

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def resume(self, actor: Actor):
        """Send again, what was held included."""
        endpoint_id, name = self.endpoint.id, self.endpoint.name
        sent = await runtime().store.run(
            lambda tx: webhooks.resume_endpoint(tx, actor, endpoint_id=endpoint_id)
        )
        await self._read(actor)
        return notify(f"{name} receives again", f"{sent} held deliveries are on their way." if sent else "")

    @rx.event
    @require(Action.MANAGE_WEBHOOKS)
    async def replay(self, actor: Actor):
        """Send the delivery that is open once more, with the same event id."""
        delivery_id = self.delivery.id
        await runtime().store.run(lambda tx: webhooks.replay_delivery(tx, actor, delivery_id=delivery_id))
        await self._read(actor)
        return notify("Sent again", "With the same event id: a receiver that has seen it may drop it.")

    async def _create(self, actor: Actor, form: dict[str, str], secret: str) -> str:
        wanted = [str(event_type) for event_type in EventType if form.get(event_type)]
        return await runtime().store.run(
            lambda tx: webhooks.create_endpoint(
                tx,
                actor,
                name=form.get("name", ""),
                url=form.get("url", ""),
                event_filter=wanted,
                sealed_secret=runtime().box.seal(secret),
                check_url=runtime().webhook_sender.check_url,
            )
        )

    async def _done(self, work: Any) -> bool:
        """Do what was asked about; say in the dialog why not."""
        try:
            await runtime().store.run(work)
        except DomainError as error:
            self.ask_error = error.message
            return False
        self.asking = ""
        return True

    def _wanted(self) -> Wanted:
        return display.read(self.router.url.query_parameters)[0]

    async def _read(self, actor: Actor, wanted: Wanted | None = None) -> None:
        wanted = wanted or self._wanted()
        self._show(await found(actor, wanted), wanted, actor)

    def _show(self, seen: Found, wanted: Wanted, actor: Actor) -> None:
        now, zone = runtime().clock.now(), seen.zone
        readable = allowed(actor.role, Action.VIEW_EMAILS)
        chosen = seen.open.public_id if seen.open else ""
        held = Wanted(chosen, wanted.delivery, wanted.show, wanted.search, wanted.after)
        self.endpoints = [display.endpoint_item(view, chosen, zone, now) for view in seen.endpoints]
        self.endpoint = display.endpoint_face(seen.open, zone) if seen.open else EndpointFace()
        self.tabs, self.search = display.log_tabs(seen.statuses, held), wanted.search
        self.log = [display.delivery_line(row, held, zone, now) for row in seen.log.rows]
        self.older = held.but(after=seen.log.next_cursor) if seen.log.next_cursor else ""
        self.newest = held.but(after="") if held.after else ""
        self.delivery, self.attempts = DeliveryFace(), []
        if seen.delivery:
            enabled = seen.open is not None and seen.open.status == EndpointStatus.ENABLED
            self.delivery = display.delivery_face(seen.delivery, zone, readable=readable, enabled=enabled)
            self.attempts = display.attempts(seen.delivery, zone, readable=readable)
        self.may_manage, self.counts = allowed(actor.role, Action.MANAGE_WEBHOOKS), seen.counts
        self.phase = "shown"


def _errors(error: DomainError) -> Errors:
    field = error.field if isinstance(error, BadInput) else ""
    return Errors(**{field if field in ("name", "url", "event_filter") else "other": error.message})
