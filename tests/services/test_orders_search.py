"""The search box on each kind of database: what it finds is what the folded text says, to the letter."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.orders import queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.queries import finding
from kagibag_app.features.orders.rules import OrderFilter, SearchKind, text_value
from kagibag_app.features.orders.rules.grams import ASKED, grams_match, organizer_sign
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.storage.transaction import Store
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]

PEOPLE = (
    ("Łukasz Ørsted", "lukasz.orsted@poczta.example"),
    ("Наталья Ковалёва", "n.kovaleva@example.com"),
    ("山田 太郎", "taro_yamada@example.com"),
    ("Zoë O'Neill-Smith", "zoe+tickets@o-neill.example"),
    ("Annika Svensson", "annika.svensson@example.com"),
    ("Sven Annikasson", "sven%annikasson@example.com"),
    ("MAREN OKAFOR", "Maren.Okafor@Example.com"),
    ('AND "OR" NOT*', "a.b@c.example"),
)


async def _stand(shop: Shop) -> tuple[Event, TicketType]:
    event = await shop.event()
    seat = await shop.ticket_type(event, capacity=500)
    await shop.open(event)
    return event, seat


async def _stocked(shop: Shop) -> list[Order]:
    event, seat = await _stand(shop)
    made: list[Order] = []
    for name, email in PEOPLE:
        made.append(await shop.paid(event, {seat.public_id: 2}, buyer_name=name, buyer_email=email))
        shop.clock.advance(timedelta(minutes=1))
    return made


async def _found(store: Store, organizer_id: int, typed: str, *, show_emails: bool = True) -> set[int]:
    async with store.read() as session:
        found = await finding.find(session, organizer_id, typed, show_emails=show_emails)
    assert found.ids is not None
    assert list(found.ids) == sorted(set(found.ids), reverse=True)
    return set(found.ids)


async def test_any_part_of_a_name_or_an_address_finds_what_holds_it_and_nothing_else(shop: Shop) -> None:
    made = await _stocked(shop)
    chance = random.Random(7)
    values = [text_value(text) for person in PEOPLE for text in person]
    for _ in range(120):
        whole = chance.choice(values)
        start = chance.randrange(len(whole))
        typed = whole[start : start + chance.randrange(3, 14)]
        # What holds no three letters or digits in a row is looked for at the beginning only.
        if not any(typed[at : at + 3].isalnum() for at in range(len(typed) - 2)):
            continue
        words = typed.split()
        expected = {
            order.id
            for order in made
            for value in (text_value(order.buyer_name), text_value(order.buyer_email))
            if all(word.strip(",;<>") in value for word in words)
            and (len(words) == 1 or value == text_value(order.buyer_name))
        }
        assert await _found(shop.store, shop.organizer_id, typed) >= expected, typed
        beyond = await _found(shop.store, shop.organizer_id, typed) - expected
        numbers = {
            order.id for order in made if order.number.replace("-", "").lower().startswith("kb" + typed)
        }
        assert beyond <= numbers, typed


@pytest.mark.parametrize(
    ("typed", "people"),
    [
        ("lukasz", {0}),
        ("LUKASZ ORSTED", {0}),
        ("orsted lukasz", {0}),
        ("ковалев", {1}),
        ("КОВАЛЁВА", {1}),
        ("山田", {2}),
        ("neill", {3}),
        ("o'neill", {3}),
        ("zoe+tic", {3}),
        ("sven anni", {4, 5}),
        ("annika.svensson@example.com", {4}),
        ("okafor@ex", {6}),
        ("sven%ann", {5}),
        ("%%%", set()),
        ("___", set()),
        ("taro_y", {2}),
        ("taroxy", set()),
        ('AND "OR"', {7}),
        ("not*", {7}),
        ("' OR 1=1 --", set()),
        ("a.b", {7}),
    ],
)
async def test_attack_13_what_is_typed_is_plain_text(shop: Shop, typed: str, people: set[int]) -> None:
    made = await _stocked(shop)
    assert await _found(shop.store, shop.organizer_id, typed) == {made[person].id for person in people}


async def test_codes_and_stripe_ids_lead_to_their_order(shop: Shop) -> None:
    made = await _stocked(shop)
    order = made[3]
    ticket = (await shop.rows(Ticket, order_id=order.id))[1]
    ids = {
        SearchKind.INTENT: "pi_3QXabcDEF",
        SearchKind.CHARGE: "ch_3QXabcDEF",
        SearchKind.REFUND: "re_3QXabcDEF",
        SearchKind.DISPUTE: "du_1QXabcDEF",
    }
    async with shop.store.transaction() as tx:
        for kind, value in [*ids.items(), *ids.items()]:
            await orders.index_stripe_id(
                tx, organizer_id=shop.organizer_id, order_id=order.id, kind=kind, value=value
            )
    typed = [order.number, order.number.lower().replace("-", ""), order.number[3:], order.number[:7]]
    for text in [*typed, ticket.code, ticket.code.replace("-", "").lower(), *ids.values()]:
        assert await _found(shop.store, shop.organizer_id, text) == {order.id}, text
        assert await _found(shop.store, shop.organizer_id + 1, text) == set(), text


async def test_who_may_not_read_addresses_finds_them_only_whole(shop: Shop) -> None:
    made = await _stocked(shop)
    assert await _found(shop.store, shop.organizer_id, "poczta", show_emails=False) == set()
    whole = await _found(shop.store, shop.organizer_id, "lukasz.orsted@poczta.example", show_emails=False)
    assert whole == {made[0].id}
    assert await _found(shop.store, shop.organizer_id, "svens", show_emails=False) == {made[4].id}


async def test_a_corrected_buyer_is_found_anew_and_no_more_as_before(shop: Shop) -> None:
    made = await _stocked(shop)
    async with shop.store.transaction() as tx:
        order = await orders.lock(tx, made[0].id)
        order.buyer_email, order.buyer_name = "new.address@example.org", "Łucja Nowak"
        await orders.reindex_buyer(tx, order)
    for old in ("orsted", "poczta", "lukasz.orsted@poczta.example"):
        assert await _found(shop.store, shop.organizer_id, old) == set()
    for new in ("address@example.org", "nowak", "łucj", order.number):
        assert made[0].id in await _found(shop.store, shop.organizer_id, new)


async def test_a_search_stops_at_its_newest_candidates_and_asks_to_refine(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await _stocked(shop)
    monkeypatch.setattr(finding, "CANDIDATES", 3)
    async with shop.store.read() as session:
        page = await queries.order_page(session, shop.organizer_id, OrderFilter(search="example"))
    assert page.refine
    assert [row.id for row in page.rows] == [order.public_id for order in reversed(made[-3:])]
    async with shop.store.read() as session:
        page = await queries.order_page(session, shop.organizer_id, OrderFilter(search="lukasz"))
    assert not page.refine


async def test_the_index_of_parts_holds_what_the_search_table_holds(shop: Shop) -> None:
    if not shop.store.sqlite:
        async with shop.store.read() as session:
            found = await session.scalars(
                sa.text("SELECT indexname FROM pg_indexes WHERE tablename = 'order_search'")
            )
            assert {"ix_order_search_parts", "ix_order_search_newest"} <= set(found)
        return
    await _stocked(shop)
    async with shop.store.transaction() as tx:
        await tx.session.execute(
            sa.text("INSERT INTO order_search_grams(order_search_grams) VALUES ('integrity-check')")
        )
        rows = await tx.session.scalar(
            sa.text("SELECT count(*) FROM order_search_grams WHERE order_search_grams MATCH :sign"),
            {"sign": organizer_sign(shop.organizer_id)},
        )
    assert rows == 2 * len(PEOPLE)


def test_the_rarest_trigrams_are_asked_for_and_quoted() -> None:
    match = grams_match(7, ["svensson@gmail.com", 'x"y'])
    assert match.startswith(f'"{organizer_sign(7)}" AND ')
    assert '"x""y"' in match
    assert '"mai"' not in match
    assert match.count(" AND ") == ASKED


def test_every_organizer_has_a_sign_of_its_own() -> None:
    ids = [1, 2, 4095, 4096, 4097, 2**24, 2**31 - 1]
    assert len({organizer_sign(one) for one in ids}) == len(ids)
    assert {len(organizer_sign(one)) for one in ids} == {3}
