"""From the token in a page's address to the order it opens. Nothing is shown before a link is verified."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.orders import queries as orders
from kagibag_app.features.orders.tables import Order
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.web.runtime import runtime

ORDER_PREFIX = "/order/"
CHECKOUT_PREFIX = "/checkout/"
TICKET_PREFIX = "/ticket/"


async def order_of_link(session: AsyncSession, token: str) -> Order | None:
    """Return the order that a token opens; ``None`` for one that is malformed, forged, or older than the address.

    Args:
        session: Any read or transaction.
        token: As it stands in the address: a claim.
    """
    links = runtime().links
    claim = links.read(token)
    order = await orders.order_by_public_id(session, claim.public_id) if claim else None
    if claim is None or order is None or not links.verify(claim, LinkPurpose.ORDER, order.link_version):
        return None
    return order


async def ticket_of_link(session: AsyncSession, token: str) -> str:
    """Return the public id of the ticket that a token opens; empty when it opens none."""
    links = runtime().links
    claim = links.read(token)
    order = await orders.ticket_order(session, claim.public_id) if claim else None
    if claim is None or order is None or not links.verify(claim, LinkPurpose.TICKET, order.link_version):
        return ""
    return claim.public_id


def order_token(order: Order) -> str:
    """Return the token that opens an order."""
    return runtime().links.token(LinkPurpose.ORDER, order.public_id, order.link_version)


def ticket_token(order: Order, ticket_id: str) -> str:
    """Return the token that opens one ticket of an order."""
    return runtime().links.token(LinkPurpose.TICKET, ticket_id, order.link_version)
