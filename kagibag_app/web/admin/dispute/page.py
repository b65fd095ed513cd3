"""The page of one dispute."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.dispute.rows import StepRow
from kagibag_app.web.admin.dispute.state import DisputeState
from kagibag_app.web.admin.disputes.rows import PATH
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.components.badge import badge_for
from kagibag_app.web.components.buttons import link, link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.data_list import fact, facts
from kagibag_app.web.components.empty import failed
from kagibag_app.web.components.icons import icon
from kagibag_app.web.components.shell import crumbs, page_head, section
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.statuses import DISPUTE, DISPUTE_EVENT
from kagibag_app.web.components.steps import steps
from kagibag_app.web.components.timeline import exact_time, timeline, timeline_entry
from kagibag_app.web.components.values import when
from kagibag_app.web.components.waterfall import waterfall

_D = DisputeState.dispute


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        rx.match(
            DisputeState.phase,
            ("shown", _shown()),
            ("missing", _missing()),
            skeleton_page("Loading the dispute"),
        ),
        active="disputes",
        counts=DisputeState.counts,
        refresh=DisputeState.refresh,
    )


def _missing() -> rx.Component:
    back = link_button("All disputes", PATH)
    text = "It may belong to another organization, or the address is incomplete."
    return rx.fragment(page_head("Dispute"), failed("This dispute was not found", text, back))


def _shown() -> rx.Component:
    stripe = link_button(_D.stripe_label, _D.stripe_href, icon="external-link", external=True)
    return rx.fragment(
        crumbs(link("Disputes", PATH), link(_D.order_number, _D.order_href, class_name="mono")),
        page_head(_D.heading, badge_for(_D.status, DISPUTE), acts=stripe),
        rx.el.p(_D.about, " · ", rx.el.span(_D.stripe_id, class_name="mono"), class_name="mute"),
        rx.el.div(_deadline(), _tracker(), class_name="dispute-top"),
        rx.el.div(
            rx.el.div(_answer(), _blocks(), _order()),
            rx.el.aside(_stakes(), _facts(), aria_label="Facts", class_name="rail"),
            class_name="with-rail",
        ),
    )


def _deadline() -> rx.Component:
    until = _D.until
    text = rx.el.div(
        icon("timer"),
        rx.el.span(until.text, class_name="figure"),
        class_name="deadline toned",
        data_tone=until.tone,
    )
    exact = rx.el.p(exact_time(until.exact, until.iso, until.exact), class_name="small mute")
    return rx.el.section(text, when(until.exact, exact), aria_label="Deadline")


def _tracker() -> rx.Component:
    return rx.el.section(steps(DisputeState.tracker), aria_label="Where it stands")


def _answer() -> rx.Component:
    tools = rx.el.p(
        "Respond with Stripe's dispute evidence tools: ",
        link(_D.stripe_label, _D.stripe_href, external=True),
        ".",
    )
    return section(
        "Response",
        rx.el.div(
            rx.el.p(_D.meaning),
            when(_D.answerable, tools),
            rx.el.p(_D.respond, class_name="mute"),
            class_name="stack-s small",
        ),
        first=True,
    )


def _blocks() -> rx.Component:
    note = when(
        _D.blocks, callout(_D.blocked, title="Refunds are blocked."), rx.el.p(_D.blocked, class_name="small")
    )
    loss = rx.el.p(_D.combined, class_name="small")
    return section(
        "What it means for refunds", rx.el.div(note, when(_D.combined, loss), class_name="stack-s")
    )


def _order() -> rx.Component:
    lines = facts(
        fact("Order", link(_D.order_number, _D.order_href, class_name="mono")),
        fact("Buyer", _D.buyer),
        fact("Event", _D.event),
        fact("Method", _D.method),
        fact("Captured", _D.captured),
        fact("Refunded", _D.refunded),
        fact("Disputed", _D.disputed),
        fact("Withdrawn", _D.withdrawn),
        fact("Dispute fee", _D.fee),
        wide=True,
    )
    return section("Order and payment", lines)


def _stakes() -> rx.Component:
    return rx.el.section(
        rx.el.h2("What is at stake"),
        waterfall(DisputeState.bars),
        rx.el.p(_D.fee_hint, class_name="hint"),
        class_name="stack-s",
    )


def _facts() -> rx.Component:
    code = rx.fragment(" ", rx.el.span(_D.reason_code, class_name="mono mute cap"))
    lines = facts(
        fact("Kind", _D.kind),
        fact("Bank's reason", _D.reason, when(_D.reason_code, code)),
        fact("Opened", _D.opened),
        when(_D.closed, fact("Closed", _D.closed)),
        fact("Answer", _D.answers),
        when(_D.evidence, fact("Evidence", _D.evidence)),
        fact("Refund now", _D.refund_now),
        narrow=True,
    )
    events = timeline(rx.foreach(DisputeState.events, _event))
    return rx.fragment(
        rx.el.section(rx.el.h2("Dispute"), lines, class_name="stack-s"),
        rx.el.section(rx.el.h2("Events"), events, class_name="stack-s"),
    )


def _event(row: StepRow) -> rx.Component:
    return timeline_entry(
        row.kind,
        row.text,
        at=row.at,
        iso=row.iso,
        exact=row.exact,
        by="Stripe",
        detail=row.detail,
        looks=DISPUTE_EVENT,
        key=row.id,
    )
