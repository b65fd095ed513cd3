"""Times several ways to the same answer, one after the other in every round, so that a busy machine is fair to all."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

WARM_UP = 5
ROUNDS = 100
FEWEST_ROUNDS = 15
# A slow case ends when it has taken so long.
PATIENCE_SECONDS = 30.0

Way = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Times:
    """What one way took, in milliseconds."""

    median_ms: float
    p99_ms: float
    rounds: int


async def race(
    ways: Mapping[str, Way],
    *,
    rounds: int = ROUNDS,
    fewest: int = FEWEST_ROUNDS,
    warm_up: int = WARM_UP,
    patience: float = PATIENCE_SECONDS,
) -> dict[str, Times]:
    """Run each way once a round, in turning order, and return what each took.

    Args:
        ways: Each returns the seconds that count, so that what stands around them does not.
        rounds: At most so many; at least ``fewest``, however slow.
        warm_up: Rounds before, which don't count.
        patience: Seconds after which no further round begins.
    """
    names = list(ways)
    for _ in range(min(warm_up, rounds)):
        for name in names:
            await ways[name]()
    taken: dict[str, list[float]] = {name: [] for name in names}
    began = time.perf_counter()
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            if number >= min(fewest, rounds) and time.perf_counter() - began > patience:
                break
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                taken[name].append(await ways[name]())
            # Between the rounds, where it costs nobody anything.
            gc.collect(1)
    finally:
        gc.enable()
    return {name: _times(seconds) for name, seconds in taken.items()}


def _times(seconds: list[float]) -> Times:
    ordered = sorted(seconds)
    rank = max(math.ceil(len(ordered) * 0.99) - 1, 0)
    return Times(statistics.median(ordered) * 1000, ordered[rank] * 1000, len(ordered))
