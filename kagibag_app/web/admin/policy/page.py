"""The editor of a policy: the form at the left, what it means at the right; one under the other on a phone."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.policy.display import DifferentRow, ExampleRow, TierField
from kagibag_app.web.admin.policy.state import PolicyState
from kagibag_app.web.components.buttons import button, link
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.fields import checkbox, text_field
from kagibag_app.web.components.shell import crumbs, page_head
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.table import cell, column, row, scroll_region, table
from kagibag_app.web.components.values import each, when

_FORM = PolicyState.form
# What is in the fields at this moment, read in the browser.
_TYPED = rx.Var("Object.fromEntries(new FormData(document.getElementById('policy')))").to(dict[str, str])
_KEPT = PolicyState.keep(_TYPED)


def page() -> rx.Component:
    """The screen."""
    missing = empty("scale", "No such event", "It may belong to another organization.")
    return workspace(
        crumbs(
            link("Refunds", "/admin/refunds"), link("Policies", "/admin/refunds/policies"), PolicyState.title
        ),
        page_head(rx.cond(PolicyState.title, PolicyState.title, "Refund policy")),
        rx.match(
            PolicyState.phase, ("shown", _shown()), ("missing", missing), skeleton_page("Loading the policy")
        ),
        active="refunds",
        counts=PolicyState.counts,
        refresh=PolicyState.refresh,
    )


def _shown() -> rx.Component:
    meaning = rx.el.div(
        rx.el.h2("What buyers read"),
        rx.el.p(PolicyState.sentence, class_name="quote"),
        rx.el.h2("For example"),
        _example(),
        rx.el.h2("What it would have decided"),
        _trial(),
        aria_live="polite",
        class_name="stack-m",
    )
    return rx.el.div(_form(), meaning, class_name="policy-columns")


def _form() -> rx.Component:
    words = rx.el.p(
        "Holds for orders placed from now on. Orders that were placed keep the policy they were bought with.",
        class_name="mute",
    )
    return rx.el.form(
        words,
        rx.el.fieldset(
            rx.el.legend("Money back, by when it is asked for", class_name="label"),
            rx.foreach(_FORM.tiers, _tier),
            class_name="stack-s",
        ),
        text_field(
            "Fee kept of each ticket",
            name="fee",
            default_value=_FORM.fee,
            placeholder="None",
            on_blur=_KEPT,
            max_length=20,
        ),
        text_field(
            "Approve at once until this many days before",
            name="automatic",
            default_value=_FORM.automatic,
            hint="Empty: a person decides about every request. Used tickets, disputes, second requests and what is more "
            "than a manager may give alone are always left to a person.",
            placeholder="Never",
            input_mode="numeric",
            max_length=4,
            on_blur=_KEPT,
        ),
        checkbox(
            "Tickets that were used at the door may be refunded too",
            name="checked_in",
            default_checked=_FORM.checked_in,
            on_change=_KEPT,
        ),
        checkbox(
            "Seats of refunded tickets go back on sale",
            name="back_on_sale",
            default_checked=_FORM.back_on_sale,
            on_change=_KEPT,
        ),
        rx.el.div(when(PolicyState.problem, callout(PolicyState.problem, tone="bad")), role="alert"),
        rx.el.div(
            button(
                "Save for new orders",
                kind="primary",
                submit=True,
                disabled=rx.cond(PolicyState.changed, False, True),
                once=True,
            ),
            button("Try it", on_click=_KEPT),
            class_name="row wrap",
        ),
        on_submit=PolicyState.save,
        id="policy",
        key=_FORM.round,
        class_name="stack-m policy-form",
    )


def _tier(tier: TierField) -> rx.Component:
    def number(name: rx.Var[str], value: rx.Var[str], label: str) -> rx.Component:
        return rx.el.input(
            name=name,
            default_value=value,
            aria_label=label,
            input_mode="numeric",
            max_length=4,
            auto_complete="off",
            on_blur=_KEPT,
            class_name="input policy-number",
        )

    days, percent = rx.Var.create(tier.days), rx.Var.create(tier.percent)
    return rx.el.div(
        rx.el.span("Until"),
        number(rx.Var.create(tier.days_name), days, "Days before the start"),
        rx.el.span("days before:"),
        number(rx.Var.create(tier.percent_name), percent, "Percent back"),
        rx.el.span("% back"),
        class_name="row row-tight policy-tier",
        key=tier.days_name,
    )


def _example() -> rx.Component:
    def line(shown: ExampleRow) -> rx.Component:
        return row(
            cell(shown.when),
            cell(shown.back, numeric=True),
            cell(shown.who, class_name="mute"),
            key=shown.when,
        )

    heads = [column("Asked"), column("Back", numeric=True), column("Then")]
    return rx.el.div(
        rx.el.p(PolicyState.example_title, class_name="mute small"),
        table(heads, each(PolicyState.example, line), caption="A worked example"),
    )


def _trial() -> rx.Component:
    trial = PolicyState.trial

    def line(shown: DifferentRow) -> rx.Component:
        return row(
            cell(
                link(shown.number, shown.href, class_name="mono"),
                rx.el.div(shown.buyer, class_name="mute small"),
            ),
            cell(shown.asked, class_name="hide-s mute nowrap"),
            cell(shown.was, numeric=True),
            cell(shown.now, numeric=True),
            key=shown.href,
        )

    heads = [
        column("Order"), column("Asked", class_name="hide-s"), column("Was", numeric=True),
        column("Would be", numeric=True),
    ]  # fmt: skip
    listed = table(heads, each(trial.rows, line), caption="Requests whose amount would differ most")
    return rx.el.div(
        rx.el.p(trial.lead),
        when(trial.amounts, rx.el.p(trial.amounts, class_name="med")),
        when(trial.alone, rx.el.p(trial.alone)),
        when(trial.rows, scroll_region("Requests that differ most", listed)),
        when(trial.more, rx.el.p(trial.more, class_name="hint")),
        when(
            trial.amounts,
            rx.el.p(
                "By the tickets and the money as they were when each was asked. Disputes are not considered.",
                class_name="hint",
            ),
        ),
        class_name="stack-s",
    )
