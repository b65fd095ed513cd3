"""Acting for another of one's organizations. The choice is posted by a native form: the page then begins anew."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action
from kagibag_app.kit.actor import Actor
from kagibag_app.web.components.dialog import dialog
from kagibag_app.web.components.native_form import native_form
from kagibag_app.web.components.values import choose, each
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session.guards import require
from kagibag_app.web.session.workspace import Workspace

SWITCH_PATH = "/api/session/switch"


@dataclass(frozen=True, slots=True)
class Choice:
    """An organization one may act for."""

    public_id: str
    name: str
    role: str
    current: bool


class SwitchState(Workspace):
    """The organizations to choose from, while it is asked which."""

    asked: bool = False
    choices: list[Choice] = []

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def offer(self, actor: Actor):
        """Ask which organization to act for."""
        async with runtime().store.read() as session:
            mine = await accounts.choices(session, actor.user_id or 0)
            current = await accounts.system_organizer(session, actor.organizer_id or 0)
        now = current.public_id if current else ""
        self.choices = [
            Choice(one.public_id, one.name, one.role.capitalize(), one.public_id == now) for one in mine
        ]
        self.asked = True

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def close(self, actor: Actor, open: bool):
        """Stay."""
        self.asked = open


offer_organizations = SwitchState.offer


def switch_dialog() -> rx.Component:
    """Put it once on every organizer's page."""
    stay = rx.el.button(
        "Stay here", type="button", on_click=SwitchState.close(False), class_name="btn btn-secondary"
    )
    return dialog(
        "Switch organization",
        rx.el.p("Other tabs of this browser follow."),
        native_form(each(SwitchState.choices, _choice), action=SWITCH_PATH, class_name="choices"),
        open=SwitchState.asked,
        on_open_change=SwitchState.close,
        footer=[stay],
    )


def _choice(choice: Choice) -> rx.Component:
    return rx.el.button(
        rx.el.span(choice.name, class_name="med trunc"),
        rx.el.span(choice.role, rx.cond(choice.current, ", now", ""), class_name="mute cap"),
        type="submit",
        name="organizer",
        value=choice.public_id,
        aria_current=choose(choice.current, "true", "false"),
        class_name="choice",
        key=choice.public_id,
    )
