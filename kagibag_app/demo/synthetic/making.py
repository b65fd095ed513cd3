"""Makes a data set batch by batch. Each batch is one transaction after which all books are right, so that any may be the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kagibag_app.demo.example import Login
from kagibag_app.demo.synthetic import foundation, stories
from kagibag_app.demo.synthetic.calendar import Calendar
from kagibag_app.demo.synthetic.chance import Chance, base_of, number_of
from kagibag_app.demo.synthetic.fates import BLOCK, OF_SEVERAL, PAID_BY_CARD, Fate, fates_of
from kagibag_app.demo.synthetic.foundation import Foundation, FoundationSheets
from kagibag_app.demo.synthetic.loading import Loader, connect
from kagibag_app.demo.synthetic.parts import Desk
from kagibag_app.demo.synthetic.people import Crowd
from kagibag_app.demo.synthetic.selling import place
from kagibag_app.demo.synthetic.sheets import Sheet, Sheets, document, stamp
from kagibag_app.features.accounts.service import hash_password
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.settings import SettingsError

BATCH = 5 * BLOCK
# Raised whenever the same size and seed make other rows than before.
EDITION = 2
MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Made:
    """What a run did.

    Attributes:
        slug: The organizer's.
        organizer_id: Its key.
        orders: How many it has.
        added: How many of them this run added.
        logins: Ways in; empty when the organizer had been there before.
    """

    slug: str
    organizer_id: int
    orders: int
    added: int
    logins: Sequence[Login]


def slug_of(orders: int, seed: int) -> str:
    """Return the short name of the organizer that has a data set."""
    return f"synthetic-{orders}-{seed}"


def make(
    url: str,
    *,
    orders: int,
    seed: int,
    password: str,
    progress: Callable[[int], None] = lambda _: None,
    batch: int = BATCH,
) -> Made:
    """Make a data set in a migrated database, or what is missing of one.

    Args:
        url: SQLAlchemy's.
        password: Of all its members; only used when they don't exist yet.
        progress: Is told how many orders there are, after each batch.
        batch: Orders a transaction, a multiple of ``fates.BLOCK``; the same when an interrupted run goes on.

    Raises:
        SettingsError: The database can't be reached, or holds something else under this name.
    """
    name = slug_of(orders, seed)
    loader = connect(url)
    try:
        logins = _lay(loader, name, orders, password)
        found = _found(loader, name)
        done = _done(loader, found, orders, batch)
        progress(done)
        maker = _Maker(loader, found, name, orders)
        for first in range(done, orders, batch):
            maker.make(first, min(first + batch, orders))
            progress(min(first + batch, orders))
        if done < orders:
            _finish(loader, found, orders, seed)
        return Made(name, found.organizer_id, orders, orders - done, logins)
    finally:
        loader.close()


def _lay(loader: Loader, name: str, orders: int, password: str) -> list[Login]:
    if loader.read(f"SELECT 1 FROM organizers WHERE slug = '{name}'"):  # noqa: S608 - made of two numbers
        return []
    sheets = FoundationSheets()
    with loader.transaction():
        loader.number(sheets.all())
        foundation.lay(sheets, name, orders=orders, password_hash=hash_password(password))
        for sheet in sheets.all():
            loader.load(sheet, sheet.take())
    return [Login(member.email, password, member.role) for member in _found(loader, name).members]


def _found(loader: Loader, name: str) -> Foundation:
    queries = foundation.READ
    organizer = loader.read(queries["organizer"].format(name=f"'{name}'"))
    ((key,),) = organizer
    rest = {
        what: loader.read(query.format(organizer=key))
        for what, query in queries.items()
        if what != "organizer"
    }
    return foundation.found({"organizer": organizer, **rest}, name)


def _done(loader: Loader, found: Foundation, orders: int, batch: int) -> int:
    """Return how many orders are there: whole batches.

    Raises:
        SettingsError: They are not what this command leaves.
    """
    ((done,),) = loader.read(f"SELECT count(*) FROM orders WHERE organizer_id = {found.organizer_id}")  # noqa: S608
    if done != orders and done % batch:
        raise SettingsError(
            f"This organization has {done:,} orders already, which is not what an interrupted run leaves behind. "
            "Nothing was changed. Choose another --seed or another database."
        )
    return done


def _finish(loader: Loader, found: Foundation, orders: int, seed: int) -> None:
    sheet = Sheet(AuditEntry, "organizer_id at actor_kind actor_name kind data")
    with loader.transaction():
        loader.number([sheet])
        sheet.add(
            found.organizer_id, stamp(datetime.now(UTC)), SYSTEM.kind.value, SYSTEM.name,
            AuditKind.SYNTHETIC_DATA_MADE.value, document({"orders": orders, "seed": seed}),
        )  # fmt: skip
        loader.load(sheet, sheet.take())
    loader.finish()


class _Maker:
    """Makes batches; each follows from its place alone."""

    def __init__(self, loader: Loader, found: Foundation, name: str, orders: int) -> None:
        self._loader, self._found, self._name, self._orders = loader, found, name, orders
        self._base = base_of(name)
        self._crowd, self._calendar = Crowd(self._base, orders), Calendar(orders)
        self._sheets = Sheets()

    def make(self, first: int, end: int) -> None:
        """Make the orders from one place up to another, which begins a block, in one transaction."""
        with self._loader.transaction():
            self._loader.number(self._sheets.all())
            for block in range(first // BLOCK, -(-end // BLOCK)):
                desk = Desk(self._sheets, Chance(f"{self._name}:{block}"), self._found)
                for offset, fate in enumerate(fates_of(self._name, self._orders, block)):
                    self._order(desk, block * BLOCK + offset, fate)
            for sheet, rows in self._sheets.filled():
                self._loader.load(sheet, rows)
            self._count()

    def _order(self, desk: Desk, index: int, fate: Fate) -> None:
        chance = desk.chance
        at = self._calendar.at(index, chance.random())
        hall = self._found.halls[self._calendar.event_at(at, chance.random())]
        sale = place(
            desk,
            hall,
            self._crowd.buyer(index),
            public_id=chance.public_id("or"),
            number=number_of(self._base, index),
            at=at,
            by_card=fate in PAID_BY_CARD,
            free=fate is Fate.CANCELLED_FREE,
            several=fate in OF_SEVERAL,
        )
        stories.tell(sale, fate)

    def _count(self) -> None:
        """Store how many seats and uses of codes are taken by now."""
        for hall in self._found.halls:
            for kind in hall.kinds:
                self._loader.run(
                    f"UPDATE ticket_types SET sold = {kind.sold}, held = {kind.held} WHERE id = {kind.id}"  # noqa: S608
                )
        for code in self._found.codes:
            self._loader.run(f"UPDATE promotions SET uses = {code.uses} WHERE id = {code.id}")  # noqa: S608
