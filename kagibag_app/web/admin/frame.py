"""What every screen of the organizer's workspace has around it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.web.admin.palette import palette, search_button, search_icon
from kagibag_app.web.components.link_follower import link_follower
from kagibag_app.web.components.shell import Place, admin_page
from kagibag_app.web.components.values import Content, Handler
from kagibag_app.web.live import live_heartbeat
from kagibag_app.web.session import Workspace, offer_organizations, password_dialogs, switch_dialog


def workspace(
    *content: Content, active: Place, counts: Any, refresh: Any, on_go: Handler = None
) -> rx.Component:
    """A live screen with the navigation, its counts, and the dialogs that ask for the password and the organization.

    Args:
        *content: The screen, beginning with ``page_head``.
        active: Its entry in the navigation.
        counts: A Var of ``NavCounts``.
        refresh: The screen's reload handler.
        on_go: Shows what the screen's address says, see ``link_follower``.
    """
    return rx.fragment(
        live_heartbeat(refresh),
        link_follower(on_go),
        admin_page(
            *content,
            active=active,
            member=Workspace.member,
            refunds_waiting=counts.refunds,
            disputes_waiting=counts.disputes,
            sandbox=Workspace.sandbox,
            on_switch=offer_organizations,
            finders=(search_button(), search_icon()),
        ),
        palette(),
        password_dialogs(),
        switch_dialog(),
    )
