"""The questions that are asked of a data set, and the pairs that return equally much from a small and a large one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from kagibag_app.bench.cases import Case, Question, neighbours_case, page_case, story_case
from kagibag_app.bench.list_floors import along_the_newest, beginning, by_trigrams, whole_value
from kagibag_app.bench.picking import MANY, RARE, USUAL, address_with, shared_count
from kagibag_app.bench.stand import Stand
from kagibag_app.features.orders.rules import (
    PAGE_SIZE,
    OrderFilter,
    OrderSort,
    SearchKind,
    StatusFilter,
    code_value,
    stripe_value,
    text_value,
)

# A month of the two years in which the data sets' orders were placed.
MONTH = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
STATUSES = tuple(choice for choice in StatusFilter if choice is not StatusFilter.ALL)
DEEP = 0.6
# From what few addresses contain to what most do.
_PIECES = (
    "zofia.dvorak1",
    "tamsin.hargreave",
    "wiebke.rossler",
    "olena.koval",
    "yusuf.",
    "misaki",
    "hargreave",
    "theo",
    "example",
)
_NAMES = ("Żółkowski", "Коваль")


def filters(stand: Stand) -> Iterator[tuple[str, OrderFilter]]:
    """Yield every filter by its name."""
    picker = stand.picker
    event, promotion = picker.event(), picker.promotion()
    for status in STATUSES:
        yield f"status {status}", OrderFilter(status=status)
    yield "event", OrderFilter(event=event)
    yield "event, status paid", OrderFilter(event=event, status=StatusFilter.PAID)
    yield "source stripe", OrderFilter(source="stripe")
    yield "source free", OrderFilter(source="free")
    yield "promotion", OrderFilter(promotion=promotion)
    yield "dates", OrderFilter(placed_from=MONTH[0], placed_until=MONTH[1])
    yield (
        "dates, status refunded",
        OrderFilter(placed_from=MONTH[0], placed_until=MONTH[1], status=StatusFilter.REFUNDED),
    )
    for sort in (OrderSort.OLDEST, OrderSort.HIGHEST, OrderSort.LOWEST):
        yield f"sort {sort}", OrderFilter(sort=sort)


def all_cases(stand: Stand) -> Iterator[Case]:
    """Yield everything that is measured against the floors."""
    picker = stand.picker
    yield page_case(stand, "list, first page", Question())
    for name, chosen in filters(stand):
        yield page_case(stand, f"list, {name}", Question(chosen))
    deep, number = picker.order_at(DEEP)
    yield page_case(stand, "list, deep page", Question(after=deep))
    yield page_case(
        stand,
        "list, deep page, status expired",
        Question(OrderFilter(status=StatusFilter.EXPIRED), after=deep),
    )
    yield neighbours_case(stand, "neighbours", Question(after=deep))
    yield neighbours_case(
        stand, "neighbours, status refunded", Question(OrderFilter(status=StatusFilter.REFUNDED), after=deep)
    )
    yield from searches(stand, number)
    yield from parts(stand)
    yield story_case(stand, "order, plain", picker.plain_orders(2))
    yield story_case(stand, "order, refunded", picker.richest_order())


def searches(stand: Stand, number: str) -> Iterator[Case]:
    """Yield the searches that are for a whole value or its beginning."""
    picker = stand.picker
    by_address = picker.orders_by_address()
    (many, _), *_ = by_address.most_common(1)
    yield _whole(stand, "search, number", SearchKind.NUMBER, number, code_value(number))
    yield _whole(stand, "search, email of many orders", SearchKind.EMAIL, many, text_value(many))
    code = picker.ticket_code()
    yield _whole(stand, "search, ticket", SearchKind.TICKET, code, code_value(code))
    for kind, stripe_id in picker.stripe_ids().items():
        yield _whole(stand, f"search, Stripe {kind}", SearchKind(kind), stripe_id, stripe_value(stripe_id))
    start = number[:7]
    finds = beginning(stand.dataset.organizer_id, SearchKind.NUMBER, code_value(start))
    yield page_case(
        stand, "search, beginning of a number", Question(OrderFilter(search=start), finds=(finds,))
    )


def parts(stand: Stand) -> Iterator[Case]:
    """Yield searches for a part of an address or a name: rare, found often, and more often than is shown."""
    sizes = (("rare", RARE), ("usual", USUAL), ("capped", MANY))
    for name, matches in sizes:
        try:
            piece, _ = stand.picker.part("email", _PIECES, matches)
        except LookupError:
            # A small data set has not enough of everything.
            continue
        yield _part(stand, f"search, {name} part of an email", piece)
    for piece in _NAMES:
        yield _part(stand, f"search, part of a name in {piece}", piece)


def _part(stand: Stand, name: str, piece: str) -> Case:
    organizer, sqlite = stand.dataset.organizer_id, stand.dataset.sqlite
    word = text_value(piece)
    finds = [along_the_newest(organizer, word, sqlite=sqlite)]
    if sqlite:
        finds.append(by_trigrams(organizer, word))
    return page_case(stand, name, Question(OrderFilter(search=piece), finds=tuple(finds)))


def growth_pairs(small: Stand, large: Stand) -> Iterator[tuple[str, Case, Case, int]]:
    """Yield questions to both data sets that return and count equally many rows, and how many."""
    yield _pair(small, large, "list, first page", Question(counts=False))
    large_filters = dict(filters(large))
    for name, chosen in filters(small):
        pair = _same_size(small, large, f"list, {name}", Question(chosen), Question(large_filters[name]))
        if pair is not None:
            yield pair
    yield _pair(
        small,
        large,
        "list, deep page",
        Question(after=small.picker.order_at(DEEP)[0], counts=False),
        Question(after=large.picker.order_at(DEEP)[0], counts=False),
    )
    deep = [Question(after=stand.picker.order_at(DEEP)[0]) for stand in (small, large)]
    yield (
        "neighbours",
        neighbours_case(small, "neighbours", deep[0]),
        neighbours_case(large, "neighbours", deep[1]),
        2,
    )
    yield from _same_searches(small, large)
    for tickets in (1, 4):
        name = f"order of {tickets} tickets" if tickets > 1 else "order of 1 ticket"
        cases = [story_case(stand, name, stand.picker.plain_orders(tickets)) for stand in (small, large)]
        yield name, cases[0], cases[1], tickets


def _same_searches(small: Stand, large: Stand) -> Iterator[tuple[str, Case, Case, int]]:
    by_number = [
        _whole(stand, "search, number", SearchKind.NUMBER, number, code_value(number))
        for stand, number in ((stand, stand.picker.order_at(DEEP)[1]) for stand in (small, large))
    ]
    yield "search, number", by_number[0], by_number[1], 1
    counts = [stand.picker.orders_by_address() for stand in (small, large)]
    shared = shared_count(*counts)
    cases = []
    for stand, found in zip((small, large), counts, strict=True):
        address = address_with(found, shared)
        cases.append(_whole(stand, "search, email", SearchKind.EMAIL, address, text_value(address)))
    yield f"search, email of {shared} orders", cases[0], cases[1], shared


def _whole(stand: Stand, name: str, kind: SearchKind, typed: str, value: str) -> Case:
    finds = whole_value(stand.dataset.organizer_id, kind, value)
    return page_case(stand, name, Question(OrderFilter(search=typed), finds=(finds,)))


def _pair(
    small: Stand, large: Stand, name: str, question: Question, other: Question | None = None
) -> tuple[str, Case, Case, int]:
    return (
        name,
        page_case(small, name, question),
        page_case(large, name, other or question),
        PAGE_SIZE,
    )


def _same_size(
    small: Stand, large: Stand, name: str, in_small: Question, in_large: Question
) -> tuple[str, Case, Case, int] | None:
    """Return a pair of pages with equally many rows; the newest so many of both, where a whole page is not there."""
    found = [_newest(small, in_small), _newest(large, in_large)]
    size = min(len(moments) for moments in found)
    if size == 0:
        return None
    if size > PAGE_SIZE:
        questions = [Question(question.chosen, counts=False) for question in (in_small, in_large)]
        return _pair(small, large, name, *questions)
    questions = [
        question.within(moments[size - 1])
        for question, moments in zip((in_small, in_large), found, strict=True)
    ]
    cases = [page_case(stand, name, asked) for stand, asked in zip((small, large), questions, strict=True)]
    return name, cases[0], cases[1], size


def _newest(stand: Stand, question: Question) -> list[datetime]:
    """Return when the orders of the first page were placed."""
    case = page_case(stand, "", Question(question.chosen, counts=False))
    (rows, _), _ = stand.plain.answer(case.floor)
    return [stand.picker.moment(row[14]) for row in rows]
