"""The ledger: one entry per movement, fees apart, nothing twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.features.ledger import queries, service
from kagibag_app.features.ledger.rules import LABELS, EntryKind, parts
from kagibag_app.features.ledger.tables import LedgerEntry
from kagibag_app.features.ledger.views import sums_of
from kagibag_app.kit.money import Money
from tests.services.shop import PLATFORM, Shop
from tests.services.stripe_snapshots import balance

pytest_plugins = ["tests.services.shop_fixtures"]


async def _book(shop: Shop, name: str, amount: int, fee: int, kind: EntryKind, **changes: object) -> bool:
    line = balance(name, amount, fee, **changes)
    return await shop.store.run(
        lambda tx: service.record(
            tx, organizer_id=shop.organizer_id, order_id=7, account=PLATFORM, line=line, cause=f"cause:{name}",
            presentment=Money(amount, "USD"), kind=kind,
        )
    )  # fmt: skip


async def test_a_movement_is_booked_once_with_its_fees_apart(shop: Shop) -> None:
    assert await _book(shop, "txn_1", 8400, 474, EntryKind.CHARGE, application_fee_minor=200)
    assert not await _book(shop, "txn_1", 8400, 474, EntryKind.CHARGE, application_fee_minor=200)
    rows = await shop.rows(LedgerEntry)
    assert [(row.kind, row.settlement_minor, row.presentment_minor) for row in rows] == [
        ("charge", 8400, 8400), ("stripe_fee", -274, None), ("application_fee", -200, None),
    ]  # fmt: skip
    async with shop.store.read() as session:
        assert await queries.system_by_balance_transaction(session, PLATFORM) == {"txn_1": 7926}


async def test_sums_are_per_currency_and_per_organizer(shop: Shop) -> None:
    await _book(shop, "txn_1", 8400, 274, EntryKind.CHARGE)
    await _book(shop, "txn_2", -4200, 0, EntryKind.REFUND)
    await _book(shop, "txn_3", 5000, 0, EntryKind.CHARGE, currency="EUR")
    async with shop.store.read() as session:
        booked = await queries.for_order(session, shop.organizer_id, 7)
        sums = {row.currency: row.minor for row in sums_of(booked)}
        assert sums == {"EUR": 5000, "USD": 3926}
        assert await queries.organizer_balance(session, shop.organizer_id + 1) == []
        assert len(await queries.system_account_balance(session, PLATFORM)) == 2
        rows = await queries.for_order(session, shop.organizer_id, 7)
    assert [row.label for row in rows] == ["Charge", "Stripe fee", "Refund", "Charge"]
    assert await _none_for_others(shop)


async def _none_for_others(shop: Shop) -> bool:
    async with shop.store.read() as session:
        return await queries.for_order(session, shop.organizer_id + 1, 7) == []


@pytest.mark.parametrize(
    ("kind", "amount", "fee", "entries"),
    [
        (EntryKind.DISPUTE, -8400, 1500, [("dispute", -8400), ("dispute_fee", -1500)]),
        (
            EntryKind.DISPUTE_REVERSAL,
            8400,
            -1500,
            [("dispute_reversal", 8400), ("dispute_fee_reversal", 1500)],
        ),
        (EntryKind.DISPUTE_REVERSAL, 8400, 0, [("dispute_reversal", 8400)]),
        (EntryKind.REFUND_REVERSAL, 4200, 0, [("refund_reversal", 4200)]),
    ],
)
def test_a_disputes_fee_has_its_own_name(
    kind: EntryKind, amount: int, fee: int, entries: list[tuple[str, int]]
) -> None:
    assert parts(kind, amount_minor=amount, fee_minor=fee, application_fee_minor=0) == entries


@given(
    kind=st.sampled_from(EntryKind),
    amount=st.integers(-(10**9), 10**9),
    fee=st.integers(-(10**6), 10**6),
    share=st.integers(-(10**6), 10**6),
)
def test_the_entries_always_sum_to_the_net(kind: EntryKind, amount: int, fee: int, share: int) -> None:
    found = parts(kind, amount_minor=amount, fee_minor=fee, application_fee_minor=share)
    assert sum(minor for _, minor in found) == amount - fee


def test_every_kind_has_a_label() -> None:
    assert set(LABELS) == set(EntryKind)
