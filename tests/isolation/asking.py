"""Finds every query of the product by itself, and the arguments to ask it with. A new query is asked too, or must say why not."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, TypeGuard, get_args, get_origin, get_type_hints

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

import kagibag_app.features as features
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Store

NOW = datetime(2026, 6, 1, tzinfo=UTC)

Query = Callable[..., Any]

# A query that takes no organizer is named system_* or takes a row that its caller was let to read; these few have a reason.
_LINK = "opened by an access link, which its caller verifies, or by a public address"
OF_ROW = "asked by services and other queries with the internal id of a row that they were let to read"
_OWN = "asked with the user of a session: their own"
WITHOUT_ORGANIZER = {
    "accounts.queries.choices": _OWN,
    "checkout.queries.quote_cart": _LINK,
    "events.queries.event_by_slug": _LINK,
    "events.queries.event_row_by_slug": _LINK,
    "events.queries.ticket_types_of": OF_ROW,
    "orders.queries.rows.order_by_public_id": _LINK,
    "orders.queries.rows.order_by_request_key": _LINK,
    "orders.queries.rows.ticket_order": _LINK,
    "orders.queries.rows.tickets_of": _LINK,
    "orders.queries.showing.ticket_page": _LINK,
} | dict.fromkeys(
    (
        "orders.queries.counting.counted",
        "orders.queries.rows.applied_of",
        "orders.queries.rows.lines_of",
        "orders.queries.showing.mail_card",
        "refunds.queries.facts.active_requests",
        "refunds.queries.facts.allocated",
        "refunds.queries.facts.allocations_of",
        "refunds.queries.facts.asked_before",
        "refunds.queries.facts.is_surplus",
        "refunds.queries.facts.last_refund",
        "refunds.queries.facts.named_tickets",
        "refunds.queries.facts.order_sums",
        "refunds.queries.facts.refundable_lines",
        "refunds.queries.facts.refundable_payment",
        "refunds.queries.facts.request_tickets",
        "refunds.queries.facts.returned_tickets",
        "refunds.queries.facts.ticket_lines",
        "refunds.queries.facts.tickets_in_active_requests",
        "refunds.queries.facts.unsent_refunds",
        "refunds.queries.money.all_refunds",
        "refunds.queries.money.kept_fees",
        "timeline.queries.change",
    ),
    OF_ROW,
)


# These take an organizer and answer with no rows: the queries that are made of them are asked.
NOT_ASKED = {"orders.queries.conditions.shape_of": "returns parts of a statement"}


def queries() -> dict[str, Query]:
    """Return every public query by its name below ``features``: whatever takes a session first."""
    return {
        f"{module.__name__.removeprefix(features.__name__ + '.')}.{name}": query
        for module in _modules()
        for name, query in vars(module).items()
        if inspect.isfunction(query)
        and query.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(query).parameters), "") == "session"
    }


def of_organizer() -> dict[str, Query]:
    """Return the queries that take an organizer."""
    return {
        name: query
        for name, query in queries().items()
        if "organizer_id" in hints(query) and name not in NOT_ASKED
    }


def hints(query: Query) -> dict[str, Any]:
    """Return the types of a query's parameters."""
    return {name: hint for name, hint in get_type_hints(query).items() if name != "return"}


def takes_a_row(query: Query) -> bool:
    """Say whether a query takes a row of a table."""
    return any(map(takes_rows, hints(query).values()))


def is_taken(table: type[SQLModel]) -> bool:
    """Say whether a query takes rows of this table."""
    return any(table in hints(query).values() for query in of_organizer().values())


def takes_rows(hint: Any) -> TypeGuard[type[SQLModel]]:
    """Say whether a type is a table's."""
    return inspect.isclass(hint) and issubclass(hint, SQLModel)


async def answer(query: Query, session: AsyncSession, **arguments: Any) -> str:
    """Return what a query answers as text; a sentence that refuses is an answer too."""
    try:
        found = query(session, **arguments)
        if isinstance(found, AsyncIterator):
            return _text([batch async for batch in found])
        return _text(await found)
    except DomainError as refused:
        return f"{refused.code}: {refused.message}"


def _text(found: Any) -> str:
    """Write an answer the same in every process: rows and sets have their parts in no certain order."""
    if isinstance(found, SQLModel):
        return f"{type(found).__name__}{sorted(found.model_dump().items())}"
    if isinstance(found, set | frozenset):
        return f"{{{', '.join(sorted(map(_text, found)))}}}"
    return f"[{', '.join(map(_text, found))}]" if isinstance(found, list | tuple) else repr(found)


async def alone(store: Store, organizer_id: int) -> Mapping[str, str]:
    """Ask every query that needs nothing but an organizer."""
    said = {}
    async with store.read() as session:
        for name, query in of_organizer().items():
            given = {
                parameter.name: value
                for parameter in inspect.signature(query).parameters.values()
                if (value := _constant(query, parameter)) is not None
            }
            if _complete(query, given):
                said[name] = await answer(query, session, organizer_id=organizer_id, **given)
    return said


@dataclasses.dataclass(frozen=True)
class Known:
    """Values of one organizer's rows.

    Attributes:
        texts: Identifiers, addresses and codes; one of each column.
        keys: Internal ids by table, a few of each; of users the owner first.
        rows: Rows of the tables that queries take rows of.
    """

    texts: Sequence[str]
    keys: Mapping[str, Sequence[int]]
    rows: Mapping[type[SQLModel], Sequence[SQLModel]]


@dataclasses.dataclass(frozen=True)
class Case:
    """One way to ask.

    Attributes:
        place: The parameter, or the field of one, that holds something of the other's.
        arguments: With it.
        missing: The same with something that nobody has there.
    """

    place: str
    arguments: dict[str, Any]
    missing: dict[str, Any]


def cases(query: Query, theirs: Known, ours: Known) -> Iterator[Case]:
    """Yield ways to ask with something of the other's in one place.

    Whatever else must be given is ours, and then, where there are internal ids, theirs.

    Raises:
        LookupError: A parameter is of a kind that this walk does not know: teach it.
    """
    parameters = [
        parameter
        for parameter in inspect.signature(query).parameters.values()
        if parameter.name not in ("session", "organizer_id")
    ]
    around = [
        {p.name: value for p in parameters if (value := _plain(query, p, known)) is not None}
        for known in (ours, theirs)
    ]
    around = around if around[0] != around[1] and len(parameters) > 1 else around[:1]
    for parameter in parameters:
        name = parameter.name
        for place, value, nobody_s in _values(query, parameter, theirs):
            for turn, plain in enumerate(around):
                case = Case(f"{place} {turn}", plain | {name: value}, plain | {name: nobody_s})
                if not _complete(query, case.arguments):
                    raise LookupError(f"{query.__qualname__}: how are its parameters filled? {parameters}")
                yield case


def without(said: str, arguments: Mapping[str, Any]) -> str:
    """Return an answer without what was asked: it may be repeated there."""
    for value in arguments.values():
        fields = (
            dataclasses.astuple(value)
            if dataclasses.is_dataclass(value) and not isinstance(value, type)
            else [value]
        )
        for text in fields:
            if isinstance(text, str) and len(text) > 5:
                said = said.replace(text, "…")
    return said


def _values(query: Query, parameter: inspect.Parameter, theirs: Known) -> Iterator[tuple[str, Any, Any]]:
    hint, name = hints(query)[parameter.name], parameter.name
    if hint in (str, object):
        yield from ((name, text, _nobody_s(text)) for text in theirs.texts)
    elif hint is int and name.endswith("_id"):
        yield from ((name, key, 2**31 - 1) for key in _keys(name, theirs))
    elif get_origin(hint) is not None and str in get_args(hint) and parameter.default is parameter.empty:
        yield name, list(theirs.texts), [_nobody_s(text) for text in theirs.texts]
    elif takes_rows(hint):
        # Nobody has no row: with the other's, nothing of it may be told.
        yield from ((f"{name} {number}", row, row) for number, row in enumerate(theirs.rows[hint]))
    elif dataclasses.is_dataclass(hint):
        for field in dataclasses.fields(hint):
            if get_type_hints(hint)[field.name] is str:
                for text in theirs.texts:
                    yield field.name, _with(hint, field.name, text), _with(hint, field.name, _nobody_s(text))


def _plain(query: Query, parameter: inspect.Parameter, ours: Known) -> Any:
    """Return a value of our own for what must be given while another parameter is the other's."""
    constant = _constant(query, parameter)
    if constant is not None or parameter.default is not parameter.empty:
        return constant
    hint = hints(query)[parameter.name]
    if hint in (str, object):
        return "nothing"
    if hint is int and parameter.name.endswith("_id"):
        return _keys(parameter.name, ours)[0]
    return ours.rows[hint][0] if takes_rows(hint) else None


def _constant(query: Query, parameter: inspect.Parameter) -> Any:
    hint = hints(query)[parameter.name]
    if hint is datetime:
        return NOW
    if hint is bool and parameter.default is parameter.empty:
        return True
    return _with(hint) if dataclasses.is_dataclass(hint) and not takes_rows(hint) else None


def _with(kind: Any, *change: str) -> Any:
    return kind(**{change[0]: change[1]} if change else {})


def tables_of(name: str) -> Sequence[str]:
    """Return the tables that a name such as ``order_id`` or ``request_id`` may point to."""
    thing = name.removesuffix("_id")
    return f"{thing}s", f"refund_{thing}s", f"webhook_{thing}s"


def _keys(name: str, known: Known) -> Sequence[int]:
    return known.keys[next(table for table in tables_of(name) if table in known.keys)]


def _nobody_s(text: str) -> str:
    """Return a text of the same shape that nobody has: the same letters, other digits and a mark."""
    return text.translate(str.maketrans("0123456789", "9876543210")) + "z"


def _complete(query: Query, given: Mapping[str, Any]) -> bool:
    return all(
        parameter.default is not parameter.empty or parameter.name in ("session", "organizer_id", *given)
        for parameter in inspect.signature(query).parameters.values()
    )


def _modules() -> Iterator[ModuleType]:
    for feature in pkgutil.iter_modules(features.__path__):
        name = f"{features.__name__}.{feature.name}.queries"
        if importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        yield module
        for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield importlib.import_module(f"{name}.{part.name}")
