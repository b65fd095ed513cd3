"""Addresses that only a buyer has, made as the product makes them: from its own keys, for orders of its database."""

from __future__ import annotations

import json
import sqlite3

import sqlalchemy as sa
from sqlmodel import SQLModel

import kagibag_app.tables  # noqa: F401 - every table is known to the metadata
from kagibag_app.settings import KeyRing
from kagibag_app.storage.secrets import AccessLinks, LinkPurpose
from tests.e2e.installation import Installation

GROW_BY_THEMSELVES = {"outbox", "stripe_events", "webhook_attempts", "ledger_entries"}


def order_token(product: Installation, buyer: str) -> str:
    """Return the token that opens a buyer's newest order."""
    public_id, version = _row(
        product,
        "SELECT public_id, link_version FROM orders WHERE buyer_name = ? ORDER BY id DESC LIMIT 1",
        buyer,
    )
    return _links(product).token(LinkPurpose.ORDER, public_id, version)


def order_number(product: Installation, buyer: str) -> str:
    """Return the number of a buyer's newest order."""
    return _row(product, "SELECT number FROM orders WHERE buyer_name = ? ORDER BY id DESC LIMIT 1", buyer)[0]


def ticket_token(product: Installation, buyer: str) -> str:
    """Return the token that opens the first ticket of a buyer's newest order."""
    public_id, version = _row(
        product,
        "SELECT tickets.public_id, link_version FROM tickets JOIN orders ON orders.id = tickets.order_id"
        " WHERE buyer_name = ? ORDER BY orders.id DESC, tickets.id LIMIT 1",
        buyer,
    )
    return _links(product).token(LinkPurpose.TICKET, public_id, version)


def ticket_code(product: Installation, buyer: str) -> str:
    """Return the code on the first ticket of a buyer's newest order."""
    return _of_order(product, "tickets", "code", buyer)


def payment_intent(product: Installation, buyer: str) -> str:
    """Return Stripe's id of the payment of a buyer's newest order."""
    return _of_order(product, "payments", "payment_intent_id", buyer)


def stripe_refund(product: Installation, buyer: str) -> str:
    """Return Stripe's id of the first refund of a buyer's newest order."""
    return _of_order(product, "refunds", "stripe_refund_id", buyer)


def event_id(product: Installation, slug: str) -> str:
    """Return the public id of an event."""
    return _row(product, "SELECT public_id FROM events WHERE slug = ?", slug)[0]


def invitation_token(product: Installation, email: str) -> str:
    """Return the token in the newest invitation that was mailed to an address."""
    public_id, version = _row(
        product,
        "SELECT public_id, link_version FROM invitations WHERE email = ? ORDER BY id DESC LIMIT 1",
        email,
    )
    return _links(product).token(LinkPurpose.INVITATION, public_id, version)


def dispute_id(product: Installation, buyer: str) -> str:
    """Return the public id of the dispute about a buyer's order."""
    return _row(
        product,
        "SELECT disputes.public_id FROM disputes JOIN orders ON orders.id = disputes.order_id WHERE buyer_name = ?",
        buyer,
    )[0]


def row_counts(product: Installation) -> dict[str, int]:
    """Return how many rows each table has, but for those that the worker and Stripe add to by themselves."""
    engine = sa.create_engine(f"sqlite:///{product.data_dir / 'kagibag.db'}")
    with engine.connect() as connection:
        counts = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in SQLModel.metadata.sorted_tables
            if table.name not in GROW_BY_THEMSELVES
        }
    engine.dispose()
    return counts


def _of_order(product: Installation, table: str, column: str, buyer: str) -> str:
    """Return a column of the first row of a table that belongs to a buyer's newest order."""
    query = (
        f"SELECT {table}.{column} FROM {table} JOIN orders ON orders.id = {table}.order_id WHERE buyer_name = ?"  # noqa: S608
        f" AND {table}.{column} != '' ORDER BY orders.id DESC, {table}.id LIMIT 1"
    )
    return _row(product, query, buyer)[0]


def _row(product: Installation, query: str, value: str) -> tuple:
    connection = sqlite3.connect(f"file:{product.data_dir / 'kagibag.db'}?mode=ro", uri=True)
    try:
        found = connection.execute(query, (value,)).fetchone()
    finally:
        connection.close()
    assert found, f"nothing belongs to {value}"
    return found


def _links(product: Installation) -> AccessLinks:
    secrets = json.loads((product.data_dir / "secrets.json").read_text())
    return AccessLinks(KeyRing({"generated": secrets["links"]}))
