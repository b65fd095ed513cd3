"""The refunds queue: the list at the left, the request under review at the right; one above the other on a phone."""

from __future__ import annotations

import reflex as rx

from kagibag_app.web.admin.choices import choice_tab
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.refunds.decide import decision_bar, questions
from kagibag_app.web.admin.refunds.listing import filter_chips, request_list, several_dialog
from kagibag_app.web.admin.refunds.review import review
from kagibag_app.web.admin.refunds.state import RefundsState
from kagibag_app.web.components.buttons import link_button
from kagibag_app.web.components.callout import callout
from kagibag_app.web.components.empty import empty
from kagibag_app.web.components.shell import page_head
from kagibag_app.web.components.skeleton import skeleton
from kagibag_app.web.components.tabs import tabs
from kagibag_app.web.components.values import each, when


def page() -> rx.Component:
    """The whole screen."""
    return workspace(
        page_head(
            "Refunds",
            rx.el.span(RefundsState.queue.remark, class_name="mute"),
            acts=rx.fragment(
                link_button("Bulk refunds", "/admin/refunds/bulk", icon="layers"),
                when(
                    RefundsState.manages_policies,
                    link_button("Refund policies", "/admin/refunds/policies", icon="scale"),
                ),
            ),
        ),
        rx.el.div(when(RefundsState.notice, callout(RefundsState.notice)), role="status"),
        rx.cond(RefundsState.phase == "shown", _shown(), _loading()),
        questions(),
        several_dialog(),
        active="refunds",
        counts=RefundsState.counts,
        refresh=RefundsState.refresh,
    )


def _shown() -> rx.Component:
    detail = rx.el.section(review(), decision_bar(), aria_labelledby="request", class_name="split-detail")
    both = rx.el.div(request_list(), detail, class_name="split")
    return rx.fragment(
        tabs(each(RefundsState.tabs, choice_tab), label="State"),
        filter_chips(),
        when(RefundsState.review.id, both, _nothing()),
    )


def _nothing() -> rx.Component:
    queue = RefundsState.queue
    return empty("inbox", queue.empty_title, queue.empty_text)


def _loading() -> rx.Component:
    names = rx.el.div(*(skeleton("72px", "14px") for _ in range(5)), class_name="tabs")
    line = rx.el.div(skeleton("60%"), skeleton("80%"), class_name="stack-s")
    rows = rx.el.div(*(line for _ in range(5)), class_name="split-list stack-l")
    detail = rx.el.div(
        skeleton("180px"), skeleton("320px", "28px"), skeleton("420px"), skeleton("100%", "96px"), skeleton("100%", "160px"),
        class_name="split-detail stack",
    )  # fmt: skip
    return rx.el.div(
        rx.el.span("Loading", class_name="vh"),
        names,
        rx.el.div(rows, detail, class_name="split"),
        role="status",
    )
