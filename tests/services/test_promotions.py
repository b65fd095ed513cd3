"""Codes are created once and their uses counted exactly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kagibag_app.features.promotions import service as promotions
from kagibag_app.features.promotions.queries import promotion_by_code, uses_by_email
from kagibag_app.features.promotions.rules import PromotionKind
from kagibag_app.features.promotions.tables import Promotion, PromotionUse
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.errors import BadInput
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

MAREN = "maren@example.com"


async def test_a_code_is_found_in_any_spelling_and_by_its_organizer_only(shop: Shop) -> None:
    made = await shop.code("Harbour15")
    assert made.code == "HARBOUR15"
    async with shop.store.read() as session:
        for typed in ("harbour15", " HARBOUR15 ", "ｈarbour15"):
            found = await promotion_by_code(session, shop.organizer_id, typed)
            assert found is not None
            assert found.id == made.id
        assert await promotion_by_code(session, shop.organizer_id + 1, "HARBOUR15") is None
        for wrong in ("%", "HARBOUR1", None, 15):
            assert await promotion_by_code(session, shop.organizer_id, wrong) is None
    assert [entry.kind for entry in await shop.rows(AuditEntry)] == ["promotion_created"]


async def test_a_code_is_refused_when_it_exists_or_makes_no_sense(shop: Shop) -> None:
    await shop.code()
    now = shop.now
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"code": "harbour15"}, "code"),
        ({"code": "A B"}, "code"),
        ({"code": "NEW1", "value": 0}, "value"),
        ({"code": "NEW2", "kind": PromotionKind.FIXED, "value": 100}, "currency"),
        ({"code": "NEW3", "max_uses": 0}, "max_uses"),
        ({"code": "NEW4", "starts_at": now, "ends_at": now}, "ends_at"),
    ]
    for changes, field in wrong:
        with pytest.raises(BadInput) as caught:
            await shop.code(**changes)
        assert caught.value.field == field
    assert len(await shop.rows(Promotion)) == 1


async def test_uses_are_given_back_when_released_and_stay_when_confirmed(shop: Shop) -> None:
    made = await shop.code(max_uses=2)
    await _redeem(shop, made.id, 1)
    await _redeem(shop, made.id, 2)
    with pytest.raises(BadInput):
        await _redeem(shop, made.id, 3)
    await _do(shop, promotions.release, 1)
    await _do(shop, promotions.release, 1)
    await _do(shop, promotions.confirm, 2)
    await _do(shop, promotions.release, 2)
    assert await _uses(shop) == 1
    assert [use.state for use in await shop.rows(PromotionUse)] == ["released", "used"]
    async with shop.store.read() as session:
        assert await uses_by_email(session, shop.organizer_id, made.id, MAREN) == 1
        assert await uses_by_email(session, shop.organizer_id, made.id, "") == 0
        assert await uses_by_email(session, shop.organizer_id + 1, made.id, MAREN) == 0


async def test_a_released_use_counts_again_when_late_money_completes_its_order(shop: Shop) -> None:
    made = await shop.code(max_uses=1)
    await _redeem(shop, made.id, 1)
    await _do(shop, promotions.release, 1)
    await _redeem(shop, made.id, 2)
    await _do(shop, promotions.confirm, 1)
    await _do(shop, promotions.confirm, 1)
    assert await _uses(shop) == 2


async def test_a_limit_per_buyer_holds_when_one_address_redeems_in_parallel(shop: Shop) -> None:
    made = await shop.code(max_uses_per_email=1)
    answers = await asyncio.gather(*(_redeem(shop, made.id, i) for i in range(1, 6)), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 1
    assert await _uses(shop) == 1
    await shop.check_books()


async def _redeem(shop: Shop, promotion_id: int, order_id: int) -> None:
    await shop.store.run(
        lambda tx: promotions.redeem(tx, promotion_id=promotion_id, order_id=order_id, email_key=MAREN)
    )


async def _do(shop: Shop, verb: Callable[..., Awaitable[None]], order_id: int) -> None:
    await shop.store.run(lambda tx: verb(tx, order_id=order_id))


async def _uses(shop: Shop) -> int:
    return (await shop.rows(Promotion))[0].uses
