"""Mails access links to whoever owns the address; says nothing to the one who asked."""

from __future__ import annotations

from collections import defaultdict

from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import queries
from kagibag_app.features.orders.rules import email_key, number_part
from kagibag_app.features.orders.tables import Order
from kagibag_app.kit.ids import normalise_code
from kagibag_app.storage.transaction import Transaction


async def send_links(tx: Transaction, *, email: str, number: str = "") -> None:
    """Mail the links of an address's orders, one mail per organizer; nobody learns whether there are any.

    Args:
        email: As typed.
        number: Only the order of this number, any case, with or without dashes; empty: all.
    """
    wanted = number_part(number)
    by_organizer: defaultdict[int, list[Order]] = defaultdict(list)
    for order in await queries.system_orders_of_email(tx.session, email_key(email)):
        if not number or (wanted and wanted in normalise_code(order.number)):
            by_organizer[order.organizer_id].append(order)
    for organizer_id, orders in by_organizer.items():
        await messages.queue(
            tx,
            organizer_id=organizer_id,
            order_id=orders[0].id if len(orders) == 1 else None,
            to=orders[0].buyer_email,
            template=Template.ORDER_LINKS,
            params={"orders": [await queries.link_card(tx.session, order) for order in orders]},
        )
