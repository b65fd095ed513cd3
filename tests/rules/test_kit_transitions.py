"""Every status has its row: a new one can't be forgotten in the table of moves."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from enum import StrEnum

import pytest

from kagibag_app import features
from kagibag_app.kit.errors import InvalidTransition
from kagibag_app.kit.transitions import Transitions


def _rules() -> list[object]:
    names = [f"{features.__name__}.{found.name}.rules" for found in pkgutil.iter_modules(features.__path__)]
    modules = []
    for name in names:
        if importlib.util.find_spec(name):
            module = importlib.import_module(name)
            modules.append(module)
            inside = pkgutil.iter_modules(getattr(module, "__path__", []))
            modules += [importlib.import_module(f"{name}.{found.name}") for found in inside]
    return modules


def _tables() -> dict[str, Mapping[StrEnum, frozenset[StrEnum]]]:
    """Return every table of moves in the features' rules, ours and those that mirror Stripe's."""
    found: dict[str, Mapping[StrEnum, frozenset[StrEnum]]] = {}
    for module in _rules():
        for name, value in vars(module).items():
            if name.endswith("_MOVES"):
                found[name] = value.moves if isinstance(value, Transitions) else value
    return found


TABLES = _tables()


def test_the_machines_of_the_domain_are_all_here() -> None:
    assert {"ORDER_MOVES", "TICKET_MOVES", "REFUND_MOVES", "REQUEST_MOVES", "DELIVERY_MOVES"} <= set(TABLES)
    assert len(TABLES) >= 8


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_status_has_a_row_and_moves_only_within_its_machine(name: str) -> None:
    moves = TABLES[name]
    kind = type(next(iter(moves)))
    assert set(moves) == set(kind)
    assert {target for targets in moves.values() for target in targets} <= set(kind)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_status_follows_itself(name: str) -> None:
    moves = TABLES[name]
    assert [status for status, targets in moves.items() if status in targets] == []


class _Light(StrEnum):
    RED = "red"
    GREEN = "green"


def test_a_move_outside_the_table_names_both_states() -> None:
    table = Transitions("light", {_Light.RED: frozenset({_Light.GREEN}), _Light.GREEN: frozenset()})
    assert table.require(_Light.RED, _Light.GREEN) is _Light.GREEN
    with pytest.raises(
        InvalidTransition, match=r"light that is green cannot become red\. Nothing was changed"
    ):
        table.require(_Light.GREEN, _Light.RED)
