"""What the palette offers for what is typed."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.rules import OrderFilter, search_text
from kagibag_app.features.orders.views import OrderRow
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.palette.commands import Command, commands_for
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

ORDERS_SHOWN = 6
# One letter is in half of all orders, and nobody means them.
SEARCHED_FROM = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette; ``kind`` is ``go``, ``act``, ``order`` or ``all`` (the list of everything found)."""

    kind: str = ""
    label: str = ""
    about: str = ""
    href: str = ""


class PaletteState(Workspace):
    """What the palette shows.

    Attributes:
        entries: What there is to choose; ``found`` of them.
        answered: What they are the answer to; Enter waits until it is what stands in the field.
        round: Changes with every answer, so that the first line is the chosen one again.
    """

    entries: list[Entry] = []
    found: int = 0
    answered: str = ""
    round: int = 0

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def begin(self, actor: Actor, open: bool):
        """Offer what the role may, as the palette opens."""
        if open:
            self._show(actor, "", [])

    @rx.event
    @require(Action.VIEW_ORDERS)
    async def find(self, actor: Actor, typed: str):
        """Offer what fits what was typed: places and acts, then orders."""
        text = search_text(typed)
        found: list[OrderRow] = []
        if len(text) >= SEARCHED_FROM:
            async with runtime().store.read() as session:
                page = await orders.order_page(
                    session, actor.organizer_id or 0, OrderFilter(search=text), limit=ORDERS_SHOWN + 1,
                    show_emails=allowed(actor.role, Action.VIEW_EMAILS), counts=False,
                )  # fmt: skip
            found = page.rows
        self._show(actor, typed, found, text=text)

    def _show(self, actor: Actor, typed: str, found: list[OrderRow], *, text: str = "") -> None:
        entries = [_entry(command) for command in commands_for(actor.role, text)]
        entries += [_order(row) for row in found[:ORDERS_SHOWN]]
        if len(found) > ORDERS_SHOWN:
            entries.append(Entry("all", "All orders that are found", "", address("/admin/orders", q=text)))
        self.entries, self.found = entries, len(entries)
        self.answered, self.round = typed, self.round + 1


def _entry(command: Command) -> Entry:
    return Entry(command.group, command.label, command.about, command.href)


def _order(row: OrderRow) -> Entry:
    total = l10n.money(row.total_minor, row.currency)
    return Entry(
        "order",
        f"{row.number} {row.buyer_name}",
        f"{row.event_title} · {total}",
        f"/admin/orders/{row.number}",
    )
