"""One door of one event: the event, the door's name and the sound are in the address."""

from __future__ import annotations

from dataclasses import replace

import reflex as rx

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.events import queries as events
from kagibag_app.features.orders import queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import DOOR_LIMIT
from kagibag_app.features.orders.views import DoorView
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.text import one_line
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.checkin.rows import (
    KEPT_ANSWERS,
    PATH,
    UNDONE,
    DoorAnswer,
    DoorFace,
    DoorPlace,
    answer,
    face,
    place_of,
    places,
)
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require


class CheckinState(Workspace):
    """What the door shows.

    Attributes:
        phase: ``loading``, ``choosing`` (no event yet) or ``shown``.
        places: The events that have a door.
        door: What this door is called.
        result: The last answer; its ``round`` is 0 before the first.
        answers: The last ones, the newest first.
    """

    phase: str = "loading"
    counts: NavCounts = NavCounts()
    places: list[DoorPlace] = []
    face: DoorFace = DoorFace()
    door: str = ""
    result: DoorAnswer = DoorAnswer()
    answers: list[DoorAnswer] = []
    _sound: bool = False
    _zone_there: str = "UTC"

    @rx.event
    @require(Action.CHECK_IN)
    async def load(self, actor: Actor):
        """Show the door that the address names; without one, offer the events."""
        said = self.router.url.query_parameters
        self.door = one_line(said.get("door", "")[:DOOR_LIMIT], field="door", required=False)
        self._sound = said.get("sound", "") == "on"
        async with runtime().store.read() as session:
            known = await events.event_choices(session, actor.organizer_id or 0)
            seen = await queries.door_view(session, actor.organizer_id or 0, said.get("event", ""))
            self.counts = await nav_counts(session, actor.organizer_id or 0)
        self.places = places(known, runtime().clock.now())
        if self.face.id != (seen.id if seen else ""):
            self.result, self.answers = DoorAnswer(), []
        self._show(seen)
        if seen:
            followed = [topics.door(seen.event_id), topics.event(seen.event_id)]
            live.watch(self, followed, CheckinState.refresh)

    @rx.event
    @require(Action.CHECK_IN, person=False)
    async def refresh(self, actor: Actor):
        """Count again: others let people in at other doors, and tickets are sold and refunded meanwhile."""
        if self.router.url.path.rstrip("/") != PATH or not self.face.id:
            return
        organizer, event = actor.organizer_id or 0, self.face.id

        async def read() -> tuple[DoorView | None, NavCounts]:
            async with runtime().store.read() as session:
                return await queries.door_view(session, organizer, event), await nav_counts(
                    session, organizer
                )

        seen, self.counts = await live.share(("door", organizer, event), read)
        self._show(seen)

    @rx.event
    @require(Action.CHECK_IN)
    async def choose(self, actor: Actor, event: str):
        """Stand at another event's door."""
        return rx.redirect(place_of(event, door=self.door, sound=self._sound))

    @rx.event
    @require(Action.CHECK_IN)
    async def name_door(self, actor: Actor, form: dict[str, str]):
        """Call this door something, so that the others know where somebody went in."""
        named = one_line(form.get("door", ""), field="door", limit=DOOR_LIMIT, required=False)
        return rx.redirect(place_of(self.face.id, door=named, sound=self._sound), replace=True)

    @rx.event
    @require(Action.CHECK_IN)
    async def scan(self, actor: Actor, form: dict[str, str]):
        """Let in whoever holds the ticket, or say why not."""
        if self.face.id and form.get("code", "").strip():
            await self._admit(actor, form["code"], anyway=False)

    @rx.event
    @require(Action.CHECK_IN)
    async def let_in_anyway(self, actor: Actor):
        """Let in the holder of the ticket that was just scanned: the doubt about the day does not count."""
        if self.result.asks:
            await self._admit(actor, self.result.code, anyway=True)

    @rx.event
    @require(Action.CHECK_IN)
    async def undo(self, actor: Actor, ticket: str):
        """Take a check-in back: somebody was let in by mistake."""
        line = next((each for each in self.answers if each.ticket and each.ticket == ticket), None)
        if line is None:
            return
        await runtime().store.run(lambda tx: orders.undo_check_in(tx, actor, ticket=ticket))
        undone = replace(line, outcome=UNDONE, tone="neutral", title="Check-in undone", ticket="")
        self.answers = [undone if each.round == line.round else each for each in self.answers]
        self.result = replace(undone, round=self.result.round + 1)

    async def _admit(self, actor: Actor, code: str, *, anyway: bool) -> None:
        event, door = self.face.id, self.door
        given = await runtime().store.run(
            lambda tx: orders.admit(tx, actor, event=event, code=code, door=door, anyway=anyway)
        )
        now = runtime().clock.now()
        self.result = answer(
            given, now, self._zone_there, number=self.result.round + 1, door=door, sound=self._sound
        )
        # Twice let in and once undone is one person: a ticket can be undone from its newest line alone.
        older = [replace(each, ticket="") if each.code == given.code else each for each in self.answers]
        self.answers = [self.result, *older][:KEPT_ANSWERS]

    def _show(self, seen: DoorView | None) -> None:
        now = runtime().clock.now()
        self._zone_there = seen.zone if seen else "UTC"
        self.face = face(seen, now, door=self.door, sound=self._sound) if seen else DoorFace()
        self.phase = "shown" if seen else "choosing"
