"""A month at Lantern Row: what was sold, asked back, paid back, refused and disputed."""

from __future__ import annotations

from datetime import time

from kagibag_app.demo.example import NIGHT_HARBOUR, EventSpec, TypeSpec
from kagibag_app.demo.stage import DECLINED, MASTERCARD, REFUND_FAILS, VISA, Buyer, Stage
from kagibag_app.features.refunds.rules.policy import RefundPolicy, Tier

DAYS = 30

TIDEWATER = EventSpec(
    slug="tidewater-jazz-night",
    title="Tidewater Jazz Night",
    summary="A quartet, a bar, and the tide under the floorboards.",
    venue="Pier Seven",
    address="7 Water St, Providence, RI",
    currency="USD",
    days_ahead=DAYS + 11,
    starts=time(20, 0),
    ends=time(23, 30),
    doors=time(19, 0),
    types=(
        TypeSpec("Seat", "At a small table for two", 3800, 80, 6),
        TypeSpec("Bar stool", "First come, first seated", 2200, 30, 4),
    ),
    policy=RefundPolicy(tiers=(Tier(3, 100),), fee_minor=0),
)

KILN = EventSpec(
    slug="kiln-and-clay-weekend",
    title="Kiln & Clay Weekend",
    summary="Two days at the wheel with potters from Mashiko.",
    venue="Studio Hinode",
    address="3-14 Kuramae, Taito, Tokyo",
    currency="JPY",
    days_ahead=DAYS + 40,
    starts=time(10, 0),
    ends=time(17, 0),
    doors=time(9, 30),
    types=(TypeSpec("Weekend place", "Clay and firing included", 6400, 24, 4),),
    policy=RefundPolicy(tiers=(Tier(7, 100),), fee_minor=500),
    zone="Asia/Tokyo",
)

REHEARSAL = EventSpec(
    slug="open-rehearsal",
    title="Open Rehearsal",
    summary="Sit in while the house band works on its set. Free, with a ticket.",
    venue="The Foundry Hall",
    address="88 Valley St, Providence, RI",
    currency="USD",
    days_ahead=DAYS + 5,
    starts=time(17, 0),
    ends=time(19, 0),
    doors=time(16, 45),
    types=(TypeSpec("Free ticket", "One a person", 0, 60, 2),),
    policy=RefundPolicy(),
)

EVENTS = (NIGHT_HARBOUR, TIDEWATER, KILN, REHEARSAL)

_NAMES = (
    "Maren Okafor", "Elena Duarte", "Ines Carvalho", "Mateo Villaseñor", "Ruth Adeyemi", "Hannah Kessler",
    "Bram Eijsden", "Yusuf Demir", "Priya Raman", "Tomasz Wróbel", "Aoife Brennan", "Lucia Ferri", "Noah Lindqvist",
    "Sofia Petrova", "Kenji Moriyama", "Amara Diallo", "Jonas Weber", "Mira Cohen", "Olivia Hart", "Rafael Souza",
    "Leïla Haddad", "Peter Nagy", "Grace Mwangi", "Daniel Fraser", "Ivy Chen", "Oscar Nyström", "Zofia Lis",
    "Marcus Bell", "Nina Kovač", "Theo Laurent",
)  # fmt: skip


def buyer(name: str) -> Buyer:
    """Return a buyer with an address of the domain that is reserved for examples."""
    plain = {"ñ": "n", "ó": "o", "ï": "i", "ö": "o", "č": "c"}
    local = "".join(plain.get(c, c) for c in name.lower()).replace(" ", ".")
    return Buyer(name, f"{local}@example.com")


BUYERS = tuple(buyer(name) for name in _NAMES)
HARBOUR, JAZZ, CLAY, FREE = (spec.slug for spec in EVENTS)


async def play(stage: Stage) -> None:
    """Live through the month. Every act goes through the real services and the sandbox; ends now."""
    await _first_weeks(stage)
    await stage.wait_until_left(days=6, hours=2)
    orders = await _last_week(stage)
    await stage.wait_until_left(hours=29)
    await _requests_of_today(stage, orders)


async def _first_weeks(stage: Stage) -> None:
    old = [
        await stage.buy(BUYERS[i], HARBOUR, {"General admission": 1 + i % 3}, card=VISA) for i in range(7, 13)
    ]
    await stage.wait(days=2, hours=5)
    await stage.buy(BUYERS[13], FREE, {"Free ticket": 2})
    await stage.wait(hours=7)
    clay = [await stage.buy(BUYERS[i], CLAY, {"Weekend place": 1}, card=MASTERCARD) for i in (14, 15)]
    await stage.wait(days=2)
    jazz = [await stage.buy(BUYERS[i], JAZZ, {"Seat": 2}) for i in range(16, 20)]
    await stage.wait(days=1, hours=3)
    await _declined_then_paid(stage)
    await _left_unpaid(stage)
    await stage.wait(days=3)
    won = await stage.dispute(jazz[0], "product_not_received")
    lost = await stage.dispute(old[0], "fraudulent")
    refused = await stage.ask(clay[0], 1, "other", "The dates clash with a move, I did not see it coming.")
    await stage.wait(hours=4)
    await stage.decline(
        refused,
        "The clay and the firing for your place are ordered already. You may pass the ticket on to a friend.",
        note="Studio confirmed: no restocking.",
    )
    for order in (old[1], jazz[1]):
        await stage.wait(hours=9)
        request = await stage.ask(order, 1, "cannot_attend", "I have to work that evening.")
        await stage.wait(hours=14)
        await stage.approve(request, "Sorry you can't make it. See you next time!")
    await stage.wait(days=4)
    stage.sandbox.win_dispute(won)
    stage.sandbox.lose_dispute(lost)
    await stage.wait(days=1)
    bounced = await stage.buy(BUYERS[4], JAZZ, {"Seat": 1, "Bar stool": 1}, card=REFUND_FAILS)
    request = await stage.ask(bounced, 2, "wrong_tickets", "I meant to book the Harbour night.")
    await stage.approve(request)
    await stage.wait(days=1)


async def _declined_then_paid(stage: Stage) -> None:
    order = await stage.order(BUYERS[20], HARBOUR, {"Student": 1})
    await stage.pay(order, DECLINED)
    await stage.wait(minutes=3)
    await stage.pay(order, VISA)


async def _left_unpaid(stage: Stage) -> None:
    await stage.order(BUYERS[21], HARBOUR, {"Balcony seat": 2})
    await stage.wait(hours=1)


async def _last_week(stage: Stage) -> dict[str, str]:
    orders = {
        "maren": await stage.buy(
            BUYERS[0], HARBOUR, {"General admission": 2, "Balcony seat": 1}, code="HARBOUR15", card=VISA
        ),
        "mateo": await stage.buy(BUYERS[3], CLAY, {"Weekend place": 1}),
        "ines": await stage.buy(BUYERS[2], JAZZ, {"Seat": 1}),
    }
    await stage.wait(days=2, hours=6)
    for i in range(22, 26):
        await stage.buy(BUYERS[i], HARBOUR, {"General admission": 2}, code="HARBOUR15" if i % 2 else "")
        await stage.wait(hours=5)
    await stage.buy(BUYERS[26], FREE, {"Free ticket": 1})
    await stage.buy(BUYERS[27], HARBOUR, {"Late supper": 4}, card=MASTERCARD)
    orders["elena"] = await stage.buy(BUYERS[1], HARBOUR, {"Balcony seat": 2})
    orders["hannah"] = await stage.buy(BUYERS[5], JAZZ, {"Seat": 1})
    orders["bram"] = await stage.buy(BUYERS[6], HARBOUR, {"General admission": 2})
    balcony = await stage.ask(orders["maren"], -1, "cannot_attend", "My sister can't come after all.")
    await stage.wait(hours=15)
    await stage.approve(balcony, "Sorry you can't use it. See you on the floor!")
    await stage.wait(days=1)
    return orders


async def _requests_of_today(stage: Stage, orders: dict[str, str]) -> None:
    await stage.dispute(orders["hannah"], "fraudulent")
    await stage.wait(hours=9)
    await stage.ask(orders["bram"], 2, "event_changed", "We had hoped for the other headliner.")
    await stage.wait(hours=11)
    await stage.ask(orders["mateo"], 1, "cannot_attend", "The flight to Tokyo was cancelled.")
    await stage.wait(hours=4)
    await stage.ask(orders["ines"], 1, "bought_twice", "My partner had bought seats for both of us already.")
    await stage.wait(hours=4)
    await stage.ask(orders["elena"], 2, "cannot_attend", "We are expecting, and the date moved up.")
    await stage.wait(minutes=22)
    await stage.ask(
        orders["maren"],
        1,
        "cannot_attend",
        "My shift moved to Friday night. I'm keeping the other ticket for my sister.",
    )
    await stage.buy(BUYERS[28], HARBOUR, {"General admission": 1})
