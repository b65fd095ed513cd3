"""What was measured, judged by the bars, for people and for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

# The product may take so many times its asynchronous floor, and so many milliseconds more.
FLOOR_TIMES, FLOOR_PLUS_MS = 2.5, 2.0
TAIL_MS = 20.0
GROWTH_TIMES = 1.5


@dataclass(frozen=True, slots=True)
class Measured:
    """One case.

    Attributes:
        statements: How many the product needed; ``floor_statements`` the floor.
        rows: How many the answer has.
    """

    name: str
    median_ms: float
    p99_ms: float
    floor_sync_ms: float | None = None
    floor_async_ms: float | None = None
    statements: int | None = None
    floor_statements: int | None = None
    rows: int | None = None
    rounds: int = 0

    @property
    def allowed_ms(self) -> float | None:
        """The bar of the median."""
        return None if self.floor_async_ms is None else FLOOR_TIMES * self.floor_async_ms + FLOOR_PLUS_MS

    def failures(self) -> list[str]:
        """Say which bars it does not hold."""
        found = []
        if self.allowed_ms is not None and self.median_ms > self.allowed_ms:
            found.append(f"median {self.median_ms:.2f} ms, allowed {self.allowed_ms:.2f} ms")
        if self.allowed_ms is not None and self.p99_ms > self.median_ms + TAIL_MS:
            found.append(f"p99 {self.p99_ms:.1f} ms, allowed {self.median_ms + TAIL_MS:.1f} ms")
        if self.statements is not None and self.floor_statements not in (None, self.statements):
            found.append(f"{self.statements} statements, the floor needs {self.floor_statements}")
        return found


@dataclass(frozen=True, slots=True)
class Grown:
    """The same question to a small and to a large data set.

    Attributes:
        rows: What both return.
        bar: How many times the small one's time the large one may take.
    """

    name: str
    rows: int
    small_ms: float
    large_ms: float
    small_orders: int
    bar: float = GROWTH_TIMES

    @property
    def times(self) -> float:
        """How many times as long the large one takes."""
        return self.large_ms / self.small_ms

    def failures(self) -> list[str]:
        """Say whether it grows too much."""
        if self.times <= self.bar:
            return []
        return [f"{self.times:.2f} times as long as with {self.small_orders:,} orders, allowed {self.bar}"]


@dataclass(frozen=True, slots=True)
class Compared:
    """Something that may take so many times as long, or as much, as something else in the same run."""

    name: str
    value: float
    floor: float
    allowed: float
    unit: str = "ms"
    plus: float = 0.0

    @property
    def times(self) -> float:
        """How many times the floor it is."""
        return self.value / self.floor if self.floor else float("inf")

    def failures(self) -> list[str]:
        """Say whether it is too much."""
        most = self.allowed * self.floor + self.plus
        return [] if self.value <= most else [f"{self.value:.1f} {self.unit}, allowed {most:.1f} {self.unit}"]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything of one run."""

    orders: int
    database: str
    measured: Sequence[Measured] = ()
    grown: Sequence[Grown] = ()
    compared: Sequence[Compared] = ()

    def as_list(self) -> list[dict[str, Any]]:
        """Return one object a figure, as JSON values."""
        found: list[dict[str, Any]] = []
        for kind, figures in (("query", self.measured), ("growth", self.grown), ("ratio", self.compared)):
            for figure in figures:
                why = figure.failures()
                found.append(
                    {"kind": kind, **_rounded(asdict(figure)), "pass": not why, "why": "; ".join(why)}
                )
        return found

    def failures(self) -> int:
        """Count the figures that hold not all of their bars."""
        return sum(bool(figure.failures()) for figure in (*self.measured, *self.grown, *self.compared))

    def tables(self) -> list[Table]:
        """Return the tables for people."""
        return [table for table in (self._measured(), self._grown(), self._compared()) if table.row_count]

    def _measured(self) -> Table:
        table = Table(
            "Case", "Rows", "SQL", "Median", "p99", "Floor", "Floor async", "Times", "",
            title=f"{self.orders:,} orders, {self.database}",
        )  # fmt: skip
        for case in self.measured:
            times = case.median_ms / case.floor_async_ms if case.floor_async_ms else None
            table.add_row(
                case.name, _whole(case.rows), _whole(case.statements), _ms(case.median_ms), _ms(case.p99_ms),
                _ms(case.floor_sync_ms), _ms(case.floor_async_ms), f"{times:.2f}" if times else "", _mark(case.failures()),
            )  # fmt: skip
        return table

    def _grown(self) -> Table:
        table = Table("Growth", "Rows", "Small", "Large", "Times", "")
        for case in self.grown:
            table.add_row(
                case.name, _whole(case.rows), _ms(case.small_ms), _ms(case.large_ms), f"{case.times:.2f}",
                _mark(case.failures()),
            )  # fmt: skip
        return table

    def _compared(self) -> Table:
        table = Table("Case", "Product", "Floor", "Times", "Allowed", "")
        for case in self.compared:
            table.add_row(
                case.name, f"{case.value:,.1f} {case.unit}", f"{case.floor:,.1f} {case.unit}", f"{case.times:.2f}",
                f"{case.allowed}" + (f" + {case.plus:g} {case.unit}" if case.plus else ""), _mark(case.failures()),
            )  # fmt: skip
        return table


def _mark(failures: list[str]) -> str:
    return f"FAIL {'; '.join(failures)}" if failures else "pass"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _whole(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()}
