"""One event while it is set up: its facts, its ticket types, and what is asked before it is published or cancelled."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.events import queries, service
from kagibag_app.features.events.views import EventSetup
from kagibag_app.features.orders.rules import OrderFilter
from kagibag_app.features.refunds import queries as refunds
from kagibag_app.features.refunds.rules import RefundPolicy
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.bulk_refunds.beginning import begin
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.event.display import (
    EventFace,
    EventForm,
    TypeItem,
    event_face,
    event_form,
    read_type,
    type_item,
)
from kagibag_app.web.admin.events.rows import PATH, currency_options, event_path, read_event, zone_options
from kagibag_app.web.admin.policy import display as policy_display
from kagibag_app.web.admin.policy.display import ExampleRow
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require, route_arg


class EventState(Workspace):
    """What the screen shows.

    Attributes:
        phase: ``loading``, ``shown`` or ``missing``.
        manages, refunds_orders: What the member's role lets them do here.
        errors, type_errors: What is wrong with a form, by field.
        editing: The form of a ticket type is open; ``edited`` is which one, empty for a new one.
        asking: The question that is open: ``publish``, ``cancel`` or none; ``ask_error`` why it did not happen.
    """

    phase: str = "loading"
    face: EventFace = EventFace()
    form: EventForm = EventForm()
    types: list[TypeItem] = []
    zones: list[tuple[str, str]] = []
    currencies: list[tuple[str, str]] = []
    sentence: str = ""
    example_title: str = ""
    example: list[ExampleRow] = []
    policy_path: str = ""
    manages: bool = False
    refunds_orders: bool = False
    errors: dict[str, str] = {}
    type_errors: dict[str, str] = {}
    editing: bool = False
    edited: TypeItem = TypeItem()
    asking: str = ""
    ask_error: str = ""
    counts: NavCounts = NavCounts()
    _found: EventSetup | None = None
    _round: int = 0

    @rx.event
    @require(Action.VIEW_EVENTS)
    async def load(self, actor: Actor):
        """Show the event, and follow what it sells."""
        self.editing, self.asking, self.errors, self.type_errors = False, "", {}, {}
        self.manages = allowed(actor.role, Action.MANAGE_EVENTS)
        self.refunds_orders = allowed(actor.role, Action.PREPARE_REFUNDS)
        self.zones, self.currencies = zone_options(), currency_options()
        await self._read(actor, anew=True)
        organizer = actor.organizer_id or 0
        followed = [topics.events(organizer), topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(self, followed, EventState.refresh)

    @rx.event
    @require(Action.VIEW_EVENTS, person=False)
    async def refresh(self, actor: Actor):
        """Show what is sold by now; what is being typed stays."""
        if self.router.url.path.startswith(f"{PATH}/"):
            await self._read(actor, anew=False)

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def save(self, actor: Actor, form: dict[str, str]):
        """Say what the form says of the event."""
        found, self.errors = self._event(), {}
        try:
            # A fixed field is not sent by every browser.
            said = read_event({"currency": found.currency, "slug": found.slug} | form, found)
            await self._do(actor, service.change_event, **said.fields)
        except BadInput as error:
            self.errors = {error.field or "other": error.message}
            return None
        slug = str(said.fields["slug"]) if self.face.draft else found.slug
        moved = [] if slug == found.slug else [rx.redirect(event_path(slug))]
        await self._read(actor, anew=not moved)
        return [notify("Event saved", " ".join(said.remarks)), *moved]

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def edit(self, actor: Actor, ticket_type: str):
        """Open the form of a ticket type; of a new one when none is named."""
        blank = TypeItem(capacity="100")
        self.edited = next((item for item in self.types if item.id == ticket_type), blank)
        self.editing, self.type_errors = True, {}

    @rx.event
    @require(Action.VIEW_EVENTS)
    async def stop(self, actor: Actor, open: bool):
        """Close what is open; nothing happens."""
        self.editing = self.editing and open
        self.asking = self.asking if open else ""

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def save_type(self, actor: Actor, form: dict[str, str]):
        """Add or change a ticket type."""
        found, key = self._event(), self.edited.id
        kept = next((row for row in found.ticket_types if row.id == key), None)
        verb: Any = service.change_ticket_type if key else service.create_ticket_type
        which = {"ticket_type": key} if key else {}
        try:
            said, remarks = read_type(form, found, kept)
            await self._do(actor, verb, **which, **said, charges_enabled=await self._charges(actor))
        except DomainError as error:
            self.type_errors = {getattr(error, "field", "") or "other": error.message}
            return None
        self.editing = False
        await self._read(actor, anew=False)
        return notify("Ticket type saved", " ".join(remarks))

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def move(self, actor: Actor, ticket_type: str, earlier: bool):
        """Put a ticket type one place earlier or later."""
        await self._do(actor, service.move_ticket_type, ticket_type=ticket_type, earlier=earlier)
        await self._read(actor, anew=False)

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def remove(self, actor: Actor):
        """Take the ticket type that is being changed away from a draft."""
        await self._do(actor, service.remove_ticket_type, ticket_type=self.edited.id)
        self.editing = False
        await self._read(actor, anew=False)

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def ask(self, actor: Actor, question: str):
        """Ask before the event is published or cancelled."""
        self.asking, self.ask_error = question if question in ("publish", "cancel") else "", ""

    @rx.event
    @require(Action.MANAGE_EVENTS)
    async def answer(self, actor: Actor):
        """Do what was asked about."""
        try:
            if self.asking == "publish":
                await self._do(actor, service.publish, charges_enabled=await self._charges(actor))
            elif self.asking == "cancel":
                await self._do(actor, service.cancel_event)
        except DomainError as error:
            self.ask_error = error.message
            return
        self.asking = ""
        await self._read(actor, anew=True)

    @rx.event
    @require(Action.PREPARE_REFUNDS)
    async def refund_orders(self, actor: Actor):
        """Look at what refunding all its orders would do; nothing is refunded by that."""
        return await begin(actor, OrderFilter(event=self._event().id))

    def _event(self) -> EventSetup:
        if self._found is None:
            raise NotFound("event")
        return self._found

    async def _do(self, actor: Actor, verb: Any, **fields: Any) -> None:
        event_id, organizer_id = self._event().key, actor.organizer_id or 0
        await runtime().store.run(
            lambda tx: verb(tx, actor, organizer_id=organizer_id, event_id=event_id, **fields)
        )

    async def _charges(self, actor: Actor) -> bool:
        """Whether somebody may be charged for this organizer's tickets."""
        async with runtime().store.read() as session:
            organizer = await accounts.system_organizer(session, actor.organizer_id or 0)
        return bool(organizer and organizer.stripe_account) or runtime().settings.may_charge_on_platform

    async def _read(self, actor: Actor, *, anew: bool) -> None:
        organizer_id, slug = actor.organizer_id or 0, route_arg(self, "slug")
        async with runtime().store.read() as session:
            found = await queries.event_setup(session, organizer_id, slug, now=runtime().clock.now())
            policy = await refunds.policy_of(session, organizer_id, slug)
            limits = await accounts.manager_limits(session, organizer_id)
            self.counts = await nav_counts(session, organizer_id)
        self._found = found
        if found is None or policy is None:
            self.phase, self.face, self.types = "missing", EventFace(), []
            return
        self.face, self.types = event_face(found), [type_item(row, found) for row in found.ticket_types]
        self.sentence, self.policy_path = policy.sentence, f"/admin/refunds/policies/{slug}"
        stored = RefundPolicy.from_document(policy.document)
        self.example_title, self.example = policy_display.example(stored, policy, limits.get(policy.currency))
        if anew:
            self._round += 1
            self.form = event_form(found, f"{slug}-{self._round}")
        self.phase = "shown"
