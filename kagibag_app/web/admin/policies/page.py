"""The refund policies: a row an event, and the limit below."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.policies.state import LimitItem, PoliciesState, PolicyItem
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.shell import crumbs, page_head, section
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.table import cell, column, row, table
from kagibag_app.web.components.values import each, when


def page() -> rx.Component:
    """The screen."""
    return workspace(
        crumbs(link("Refunds", "/admin/refunds"), "Policies"),
        page_head("Refund policies"),
        rx.cond(PoliciesState.phase == "shown", _shown(), skeleton_page("Loading the policies")),
        active="refunds",
        counts=PoliciesState.counts,
        refresh=PoliciesState.refresh,
    )


def _shown() -> rx.Component:
    none = empty(
        "scale", "No events yet", "Each event has a refund policy of its own. It appears here with the event."
    )
    return rx.fragment(
        rx.el.div(when(PoliciesState.items, _events(), none), class_name="section first"),
        section("What a manager may give back alone", when(PoliciesState.sets_limits, _limits(), _limit())),
    )


def _events() -> rx.Component:
    heads = [column("Event"), column("Starts", class_name="hide-s"), column("Policy for new orders")]
    return table(heads, each(PoliciesState.items, _event), caption="Events and their refund policies")


def _event(item: PolicyItem) -> rx.Component:
    automatic = rx.el.span(item.automatic, class_name="mute small")
    return row(
        cell(link(item.title, item.href), rx.el.span(item.day, class_name="only-s mute cap")),
        cell(item.day, class_name="hide-s mute nowrap"),
        cell(rx.el.span(item.sentence), when(item.automatic, rx.el.div(automatic))),
        key=item.href,
    )


def _limit() -> rx.Component:
    return rx.el.p(PoliciesState.limit_words, " Only an owner changes this.")


def _limits() -> rx.Component:
    def limit(item: LimitItem) -> rx.Component:
        typed = rx.el.input(
            name=item.name,
            default_value=rx.Var.create(item.typed),
            input_mode="decimal",
            placeholder="Any amount",
            auto_complete="off",
            max_length=20,
            class_name="input",
        )
        return rx.el.label(rx.el.span(item.currency, class_name="label"), typed, key=item.name)

    return rx.el.form(
        rx.el.p(
            "Of one order, by one manager. More waits until an owner or another manager confirms it; nothing is sent and "
            "the buyer learns nothing before. Empty: any amount.",
            class_name="mute",
        ),
        rx.el.div(rx.foreach(PoliciesState.limits, limit), class_name="two-up"),
        rx.el.div(when(PoliciesState.problem, callout(PoliciesState.problem, tone="bad")), role="alert"),
        rx.el.div(button("Save limit", submit=True, once=True)),
        on_submit=PoliciesState.set_limits,
        id="limits",
        class_name="stack-m policy-form",
    )
