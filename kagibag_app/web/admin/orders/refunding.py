"""The button above the list that begins a bulk refund of what it shows. It leads to a preview and moves no money."""

from __future__ import annotations

import reflex as rx

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.bulk_refunds.beginning import begin
from kagibag_app.web.admin.orders import filters
from kagibag_app.web.admin.orders.exporting.reading import listed
from kagibag_app.web.components.buttons import button
from kagibag_app.web.components.values import when
from kagibag_app.web.session import Workspace, require


class RefundListState(Workspace):
    """Whether the list offers it.

    Attributes:
        offered: The member's role includes it; without it there is no button.
    """

    offered: bool = False

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def load(self, actor: Actor):
        """Offer it to those who may."""
        self.offered = allowed(actor.role, Action.PREPARE_REFUNDS)

    @rx.event
    @require(Action.PREPARE_REFUNDS)
    async def preview(self, actor: Actor):
        """Look at what refunding the orders that the list shows would do."""
        seen = await listed(actor, filters.read(self.router.url.query_parameters)[0])
        return await begin(actor, seen.chosen)


def refund_list() -> rx.Component:
    """The button, for those who may prepare refunds; nothing for others."""
    return when(
        RefundListState.offered,
        button("Refund these orders", icon="undo-2", on_click=RefundListState.preview, once=True),
    )
