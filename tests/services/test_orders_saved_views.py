"""Saved views: a member's own names for filters of the list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from kagibag_app.features.accounts.tables import Organizer, User
from kagibag_app.features.orders import queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import VIEWS_EACH
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from kagibag_app.kit.errors import BadInput, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.storage.transaction import Transaction
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]


async def _members(shop: Shop) -> tuple[Actor, Actor, Actor]:
    """Two of one organizer, and the first of them at another one."""
    async with shop.store.transaction() as tx:
        users = [
            User(public_id=public_id("us"), email=f"{name}@example.com", name=name, password_hash="-", created_at=tx.now)
            for name in ("inga", "sam")
        ]  # fmt: skip
        other = Organizer(
            public_id=public_id("org"),
            name="Other",
            slug="other",
            currency="USD",
            zone="UTC",
            created_at=tx.now,
        )
        tx.session.add_all([*users, other])
        await tx.session.flush()
    inga, sam = (Actor(ActorKind.MEMBER, shop.organizer_id, user.id, "support", user.name) for user in users)
    return inga, sam, Actor(ActorKind.MEMBER, other.id, inga.user_id, "owner", "inga")


async def _saved(shop: Shop, actor: Actor) -> list[tuple[str, str]]:
    async with shop.store.read() as session:
        found = await queries.saved_views(session, actor.organizer_id or 0, actor.user_id or 0)
    return [(view.name, view.query) for view in found]


async def _save(shop: Shop, actor: Actor, name: str, query: str = "status=paid") -> str:
    return await shop.store.run(lambda tx: orders.save_view(tx, actor, name=name, query=query))


async def test_a_view_is_kept_renamed_and_deleted_by_its_member_alone(shop: Shop) -> None:
    inga, sam, elsewhere = await _members(shop)
    view = await _save(shop, inga, "  Unpaid\n this week ", "?status=pending&from=2026-04-01")
    assert await _saved(shop, inga) == [("Unpaid this week", "status=pending&from=2026-04-01")]
    assert await _saved(shop, sam) == await _saved(shop, elsewhere) == []
    changes: list[Callable[[Transaction, Actor], Awaitable[None]]] = [
        lambda tx, actor: orders.rename_view(tx, actor, view=view, name="Unpaid"),
        lambda tx, actor: orders.delete_view(tx, actor, view=view),
    ]
    for change in changes:
        for stranger in (sam, elsewhere, SYSTEM):
            with pytest.raises(NotFound):
                await shop.store.run(lambda tx, change=change, stranger=stranger: change(tx, stranger))
    await shop.store.run(lambda tx: changes[0](tx, inga))
    assert [name for name, _ in await _saved(shop, inga)] == ["Unpaid"]
    await shop.store.run(lambda tx: changes[1](tx, inga))
    assert await _saved(shop, inga) == []


async def test_a_name_is_used_once_and_says_why_it_can_not_be_kept(shop: Shop) -> None:
    inga, sam, _ = await _members(shop)
    view = await _save(shop, inga, "Unpaid")
    await _save(shop, sam, "Unpaid")
    for name in ("Unpaid", " Unpaid ", "", "\u200b", "x" * 61):
        with pytest.raises(BadInput):
            await _save(shop, inga, name)
    with pytest.raises(BadInput):
        await _save(shop, inga, "Long", "q=" + "x" * 1000)
    await _save(shop, inga, "Paid")
    with pytest.raises(BadInput, match="called “Paid”"):
        await shop.store.run(lambda tx: orders.rename_view(tx, inga, view=view, name="Paid"))
    await shop.store.run(lambda tx: orders.rename_view(tx, inga, view=view, name="Unpaid"))


async def test_no_member_keeps_more_views_than_fit_in_a_menu(shop: Shop) -> None:
    inga, sam, _ = await _members(shop)
    async with shop.store.transaction() as tx:
        for number in range(VIEWS_EACH):
            await orders.save_view(tx, inga, name=f"View {number}", query="")
    with pytest.raises(BadInput, match=str(VIEWS_EACH)):
        await _save(shop, inga, "One more")
    await _save(shop, sam, "One more")
