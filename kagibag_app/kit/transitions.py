"""Which status may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from kagibag_app.kit.errors import InvalidTransition

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Transitions(Generic[S]):
    """A closed table of the moves that we decide ourselves.

    Args:
        machine: Noun used in messages, e.g. ``refund``.
        moves: For every status, the statuses it may become.
    """

    machine: str
    moves: Mapping[S, frozenset[S]]

    def allows(self, current: S, target: S) -> bool:
        """Say whether ``target`` may follow ``current``."""
        return target in self.moves[current]

    def require(self, current: S, target: S) -> S:
        """Return ``target``.

        Raises:
            InvalidTransition: The move is not in the table.
        """
        if not self.allows(current, target):
            raise InvalidTransition(self.machine, current, target)
        return target
