"""What the checkout shows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CartLineView:
    """What is wanted of one ticket type; amounts in minor units, ``amount_minor`` is price times quantity."""

    ticket_type: str
    name: str
    quantity: int
    price_minor: int
    amount_minor: int


@dataclass(frozen=True)
class CartQuote:
    """What a cart costs now. Placing the order asks again.

    Attributes:
        code: The code as it will be recorded; empty when none is applied.
        code_kind: ``percent`` or ``fixed``; ``code_value`` in basis points or minor units.
        code_problem: Why a typed code takes nothing off; empty when it does or none was typed.
        problem: What stands in the way of placing the order; empty when nothing does.
        problem_code: Stable name of the problem: ``cart_empty``, ``sold_out``, ``below_minimum`` ...
        free: The total is zero: no payment is needed.
    """

    currency: str
    lines: list[CartLineView] = field(default_factory=list)
    tickets: int = 0
    subtotal_minor: int = 0
    discount_minor: int = 0
    total_minor: int = 0
    code: str = ""
    code_kind: str = ""
    code_value: int = 0
    code_problem: str = ""
    problem: str = ""
    problem_code: str = ""
    free: bool = False


@dataclass(frozen=True)
class PlacedOrder:
    """An order that was just placed; its access link derives from ``id`` and ``link_version``.

    Attributes:
        id: Public id.
        status: ``paid`` for a free order, else ``pending`` until the payment arrives.
    """

    id: str
    number: str
    status: str
    link_version: int
