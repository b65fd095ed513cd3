"""A tracker: what is done, what happens now, what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import reflex as rx

from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.values import Rows, choose, classes, each, when


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: its word, when or what about it, its state, and the icon it has while it is the current one."""

    label: str
    detail: str = ""
    state: Literal["done", "now", "todo", "failed"] = "todo"
    icon: Literal["clock", "landmark", "pencil", "ticket", "x"] = "clock"


def steps(stages: Rows[Step], *, upright: bool = False) -> rx.Component:
    """Beside each other on a wide screen and under each other on a phone; always under each other when ``upright``."""
    return rx.el.ol(each(stages, _step), class_name=classes("steps", "upright" if upright else ""))


def _step(stage: Step) -> rx.Component:
    return rx.el.li(
        rx.el.span(_sign(stage), class_name="dot"),
        rx.el.b(stage.label),
        when(stage.detail, rx.el.span(stage.detail)),
        data_step=stage.state,
        aria_current=choose(stage.state == "now", "step", "false"),
    )


def _sign(stage: Step) -> rx.Component:
    names = ("clock", "landmark", "pencil", "ticket", "x")
    if not isinstance(stage.state, rx.Var):
        drawn = {"done": "check", "failed": "x", "now": stage.icon}.get(stage.state)
        return icon(drawn, 12) if drawn else rx.fragment()
    now = rx.match(stage.icon, *[(name, icon(name, 12)) for name in names], icon("clock", 12))
    return cast(
        "rx.Component",
        rx.match(
            stage.state, ("done", icon("check", 12)), ("failed", icon("x", 12)), ("now", now), rx.fragment()
        ),
    )
