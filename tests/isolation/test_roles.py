"""Every handler, called by a viewer with what her own organizer has, shows no address, no mail and no link of a buyer."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col

from kagibag_app.features.accounts.rules import Role, allowed
from kagibag_app.features.disputes.tables import Dispute
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.refunds.tables import RefundRequest
from kagibag_app.storage.columns import table_of
from tests.isolation import calling
from tests.isolation.conftest import House
from tests.web.harness import browser, member

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TOKEN = re.compile(r"\b[a-z]{2,3}_[0-9a-z]{26}\.[\w-]+\.[\w-]{16,}")
# What people wrote, and what other computers answered: an address may stand in each.
_WRITTEN = ("reason_text", "text", "note", "message", "decision_message", "excerpt", "error", "reply")
SLIPPED_IN = "slipped.in@leaks.example"


@pytest.mark.parametrize(("role", "shown"), [(Role.VIEWER, False), (Role.SUPPORT, True)])
async def test_addresses_and_mails_are_shown_to_support_and_to_no_viewer(
    sqlite_house: House, role: Role, shown: bool
) -> None:
    house, told, leaking = sqlite_house, {}, set()
    person = await member(house.runtime, house.two.ours, role, email="own@members.example")
    await _slip_in(house)
    # A screen may repeat what was asked: here nothing is asked by address.
    named = {
        column: text
        for column, text in calling.naming(house.two.found[0].texts).items()
        if not _ADDRESS.search(text)
    } | await _orders_of_every_kind(house)
    known = {address for row in _texts(await house.rows()) for address in _ADDRESS.findall(row)} - {
        person.email
    }
    async with browser() as opened:
        for name, handler in calling.handlers().items():
            action = calling.guard(handler).action
            if action is None or not allowed(role, action) or not (shown is False or name.endswith(".load")):
                continue
            tab = opened.tab(person=person)
            for text in calling.asked_with(name, handler, named).values():
                tab.path, tab.query = calling.address(handler, {"": text, "number": text, "dispute": text})
                for payload in calling.payloads(handler, text):
                    house.unlimited()
                    tab.sent.clear()
                    await tab.send(name, payload)
                    said = str(tab.sent)
                    found = (set(_ADDRESS.findall(said)) & known) | set(_TOKEN.findall(said))
                    if found:
                        leaking.add(name.rpartition("___")[2])
                        told[f"{name}({text})"] = sorted(found)[:5]
    if shown:
        assert {name.split("_")[0] for name in leaking} >= {"orders", "order", "messages", "refunds"}
    else:
        assert told == {}


async def _orders_of_every_kind(house: House) -> dict[str, str]:
    """Return numbers of orders that have a refund request, or a dispute, in each state."""
    numbers: dict[str, str] = {}
    async with house.runtime.store.read() as session:
        for table in map(table_of, (RefundRequest, Dispute)):
            found = await session.execute(
                sa.select(table.c.status, sa.func.max(col(Order.number)))
                .join(Order, col(Order.id) == table.c.order_id)
                .where(col(Order.organizer_id) == house.two.ours)
                .group_by(table.c.status)
            )
            numbers |= {f"{table.name} {status}": number for status, number in found}
    return numbers


async def _slip_in(house: House) -> None:
    async with house.runtime.store.transaction() as tx:
        for table in SQLModel.metadata.sorted_tables:
            for column in table.columns:
                if column.name in _WRITTEN and isinstance(column.type, sa.String):
                    written = sa.update(table).values({column: column + f" {SLIPPED_IN}"})
                    await tx.session.execute(written.where(column != ""))


def _texts(rows: object) -> list[str]:
    return [str(row) for table in rows.values() for row in table]  # type: ignore[attr-defined]
