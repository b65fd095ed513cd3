"""Who is on the team, who was asked to join, and what each role may do."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts.rules import ROLE_SUMMARY
from kagibag_app.web.admin.frame import workspace
from kagibag_app.web.admin.team.dialogs import dialogs
from kagibag_app.web.admin.team.rows import InvitationItem, MemberItem
from kagibag_app.web.admin.team.state import TeamState
from kagibag_app.web.components.badge import badge
from kagibag_app.web.components.buttons import button, icon_button
from kagibag_app.web.components.data_list import fact, facts
from kagibag_app.web.components.shell import page_head, section
from kagibag_app.web.components.skeleton import skeleton_page
from kagibag_app.web.components.table import cell, column, row, table
from kagibag_app.web.components.values import each, when


def page() -> rx.Component:
    """The screen."""
    invite = button("Invite somebody", kind="primary", icon="user-plus", on_click=TeamState.start_inviting)
    return workspace(
        page_head("Team", acts=when(TeamState.phase == "shown", invite)),
        rx.cond(TeamState.phase == "shown", _shown(), skeleton_page("Loading the team")),
        active="settings/team",
        counts=TeamState.counts,
        refresh=TeamState.refresh,
    )


def _shown() -> rx.Component:
    return rx.fragment(
        rx.el.div(_members(), class_name="section first"),
        when(TeamState.invitations, section("Invitations", _invitations())),
        when(TeamState.removed, section("Removed", _removed(), remark="What they did keeps their name.")),
        section("What each role may do", _roles()),
        dialogs(),
    )


def _members() -> rx.Component:
    heads = [
        column("Name"),
        column("Email", class_name="hide-s"),
        column("Role"),
        column("Last active", class_name="hide-s"),
        column(rx.el.span("Actions", class_name="vh")),
    ]
    return table(heads, each(TeamState.members, _member), caption="Members", class_name="team")


def _member(item: MemberItem) -> rx.Component:
    acts = rx.el.span(
        button("Change role…", size="s", on_click=TeamState.ask("role", item.id), aria_describedby=item.id),
        icon_button(
            "user-minus",
            rx.Var.create(f"Remove {item.name}…"),
            size="s",
            kind="danger-quiet",
            on_click=TeamState.ask("remove", item.id),
        ),
        class_name="row row-tight",
    )
    return row(
        cell(
            rx.el.span(item.name, class_name="med", id=item.id),
            when(item.you, rx.el.span(" (you)", class_name="mute")),
            rx.el.span(item.email, class_name="only-s mute cap"),
        ),
        cell(item.email, class_name="hide-s"),
        cell(item.role_name),
        cell(_seen(item), class_name="hide-s mute"),
        cell(acts, numeric=True),
        key=item.id,
    )


def _seen(item: MemberItem) -> rx.Component:
    return when(item.seen, rx.el.span(item.seen, title=item.seen_at), "Not yet")


def _invitations() -> rx.Component:
    heads = [
        column("Email"),
        column("Role", class_name="hide-s"),
        column("Sent", class_name="hide-s"),
        column("Link works until", class_name="hide-s"),
        column(rx.el.span("Actions", class_name="vh")),
    ]
    return table(heads, each(TeamState.invitations, _invitation), caption="Invitations", class_name="team")


def _invitation(item: InvitationItem) -> rx.Component:
    acts = rx.el.span(
        button("Send again…", size="s", on_click=TeamState.ask("renew", item.id), aria_describedby=item.id),
        icon_button(
            "x",
            rx.Var.create(f"Withdraw the invitation of {item.email}…"),
            size="s",
            kind="danger-quiet",
            on_click=TeamState.ask("revoke", item.id),
        ),
        class_name="row row-tight",
    )
    expired = rx.cond(
        item.expired, badge("Expired", "attention", "clock-alert"), rx.el.span(item.until, class_name="mute")
    )
    return row(
        cell(
            rx.el.span(item.email, class_name="med", id=item.id),
            rx.el.span(item.role_name, " · ", expired, class_name="only-s mute cap"),
        ),
        cell(item.role_name, class_name="hide-s"),
        cell(item.sent, " by ", item.invited_by, class_name="hide-s mute"),
        cell(expired, class_name="hide-s"),
        cell(acts, numeric=True),
        key=item.id,
    )


def _removed() -> rx.Component:
    heads = [
        column("Name"),
        column("Email", class_name="hide-s"),
        column("Was"),
        column(rx.el.span("Actions", class_name="vh")),
    ]
    return table(heads, each(TeamState.removed, _gone), caption="Removed members", class_name="team")


def _gone(item: MemberItem) -> rx.Component:
    return row(
        cell(
            rx.el.span(item.name, class_name="med", id=item.id),
            rx.el.span(item.email, class_name="only-s mute cap"),
        ),
        cell(item.email, class_name="hide-s"),
        cell(item.role_name),
        cell(
            button(
                "Let in again…",
                size="s",
                on_click=TeamState.ask("restore", item.id),
                aria_describedby=item.id,
            ),
            numeric=True,
        ),
        key=item.id,
    )


def _roles() -> rx.Component:
    return facts(*(fact(str(role).capitalize(), may) for role, may in ROLE_SUMMARY.items()))
