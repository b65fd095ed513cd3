"""Calls handlers and routes with whatever may name something: in every argument, every field, every part of an address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import sqlalchemy as sa
from reflex_base.registry import RegisteredEventHandler, RegistrationContext
from sqlmodel import col

import kagibag_app.web
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.rules import OrderStatus
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.runtime import Runtime
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.web import routes
from kagibag_app.web.session import Guard
from tests.web.harness import Person, app

# The guard of forms takes at most 60 fields.
FIELDS_MAX = 50
_FIELD = re.compile(r"""(?:form(?:\.get\(|\[)|\bname=|text_of\(form, )["']([a-z_]{1,30})["']""")
_WORD = re.compile(r"""["']([a-z_]{1,16})["']""")
_READS_ADDRESS = ("said", "query_parameters", "route_arg", "query_params")
_PART = re.compile(r"[\[{](\w+)[\]}]")

# One of each thing is enough here: the queries are asked with everything else.
_NAMING = re.compile(r"events\.slug|\.(public_id|number|code|buyer_email|payment_intent_id)$")
# Handlers without arguments read the address as their page's loading does, or what that left: these are asked less.
FEW = 3


def naming(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return those texts, by column, that name a thing."""
    return {column: text for column, text in texts.items() if _NAMING.search(column)}


def asked_with(name: str, known: RegisteredEventHandler, named: Mapping[str, str]) -> Mapping[str, str]:
    """Return what to call a handler with: all there is, or a few of it."""
    if name.endswith(".load") or len(known.handler.get_parameters()) > 1:
        return named
    first = sum(map(ord, name)) % len(named)
    return dict([*named.items(), *named.items()][first : first + FEW])


def handlers() -> dict[str, RegisteredEventHandler]:
    """Return every handler of the product by the name that a socket client uses."""
    assert app is not None
    return {
        name: known
        for name, known in RegistrationContext.get().event_handlers.items()
        if known.states[0].__module__.startswith("kagibag_app.") and hasattr(known.handler.fn, "guard")
    }


def guard(known: RegisteredEventHandler) -> Guard:
    """Return how a handler is guarded."""
    return cast(Any, known.handler.fn).guard


def payloads(known: RegisteredEventHandler, text: str) -> Iterator[dict[str, Any]]:
    """Yield arguments that say one text wherever text is taken."""
    hints = known.handler._type_hints or {}
    names = list(known.handler.get_parameters())[1:]
    fields = form_fields()
    for first in range(0, len(fields), FIELDS_MAX):
        said: dict[Any, Any] = {
            str: text,
            int: 1,
            bool: True,
            list[str]: [text],
            dict[str, str]: dict.fromkeys(fields[first : first + FIELDS_MAX], text),
        }
        yield {name: said[hints[name]] for name in names}
        if dict[str, str] not in hints.values():
            return


def address(known: RegisteredEventHandler, parts: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the path of the page that a handler's State stands on, and all that its address may carry."""
    route = _route(known)
    path = _PART.sub(lambda part: parts.get(part[1], "x"), route)
    return path, {**dict.fromkeys(address_words(), parts.get("", "")), **parts}


@dataclass(frozen=True)
class Visitor:
    """Whoever calls, with addresses of their own that open something.

    Attributes:
        parts: Parts of the addresses of pages that anyone may open: an event's, an order's, a ticket's.
    """

    person: Person
    order: str
    ticket: str
    slug: str

    def parts(self, known: RegisteredEventHandler) -> dict[str, str]:
        """Return what the page's own address holds when it opens something of ours."""
        token = self.ticket if _route(known).startswith("/ticket/") else self.order
        return {"token": token, "slug": self.slug}


async def visitor(runtime: Runtime, owner: Person) -> Visitor:
    """Sign in an owner anew, and find the links of one of their orders."""
    cookie = await runtime.store.run(lambda tx: accounts.start_session(tx, user_id=owner.user_id))
    async with runtime.store.read() as session:
        order, ticket, slug = (
            await session.execute(
                sa.select(Order, col(Ticket.public_id), col(Event.slug))
                .join(Ticket, col(Ticket.order_id) == col(Order.id))
                .join(Event, col(Event.id) == col(Order.event_id))
                .where(col(Order.organizer_id) == owner.organizer_id, col(Order.status) == OrderStatus.PAID)
                .order_by(col(Order.id).desc())
                .limit(1)
            )
        ).one()
    links = runtime.links
    return Visitor(
        Person(owner.user_id, owner.organizer_id, owner.email, cookie),
        links.token(LinkPurpose.ORDER, order.public_id, order.link_version),
        links.token(LinkPurpose.TICKET, ticket, order.link_version),
        slug,
    )


@cache
def form_fields() -> Sequence[str]:
    """Return every name of a field that the product's forms have."""
    return sorted({name for source in _sources() for name in _FIELD.findall(source)})


@cache
def native_fields() -> Sequence[str]:
    """Return the names of the fields that routes read from the forms that browsers send."""
    return sorted({name for source in _sources("api") for name in _FIELD.findall(source)})


@cache
def address_words() -> Sequence[str]:
    """Return every word that may name a part of an address, read from the modules that read one."""
    reading = (source for source in _sources() if any(word in source for word in _READS_ADDRESS))
    return sorted({name for source in reading for name in _WORD.findall(source)})


def _sources(folder: str = "") -> Iterator[str]:
    for path in sorted((Path(kagibag_app.web.__path__[0]) / folder).rglob("*.py")):
        yield path.read_text()


def _route(known: RegisteredEventHandler) -> str:
    """Return the address of the page that a State stands on: of its package, or the nearest one around it."""
    pages: Mapping[str, ModuleType] = {module.__name__: module for module in routes.pages()}
    place = known.states[0].__module__
    while place and place not in pages:
        place = place.rpartition(".")[0]
    return pages[place].ROUTE if place else routes.FIRST_PATH
