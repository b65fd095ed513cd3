"""How long ago and how long still, as people say it. Pure; the exact time always stands beside it."""

from __future__ import annotations

from datetime import datetime, timedelta

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def age(since: datetime, now: datetime) -> str:
    """Return how old something is in a narrow column: ``now``, ``38 min``, ``5 h``, ``2 d``."""
    passed = now - since
    if passed < _MINUTE:
        return "now"
    if passed < _HOUR:
        return f"{passed // _MINUTE} min"
    return f"{passed // _HOUR} h" if passed < _DAY else f"{passed // _DAY} d"


def ago(since: datetime, now: datetime) -> str:
    """Return how old something is in a sentence: ``just now``, ``38 minutes ago``, ``1 day ago``."""
    passed = now - since
    return f"{_rough(passed)} ago" if passed >= _MINUTE else "just now"


def oldest(since: datetime, now: datetime) -> str:
    """Return how old the oldest of several is: ``2 days``, ``less than a minute``."""
    passed = now - since
    return _rough(passed) if passed >= _MINUTE else "less than a minute"


def left(until: datetime, now: datetime) -> str:
    """Return how long is left, in two units: ``6 days 9 hours``, ``3 hours 5 minutes``, ``less than a minute``."""
    span = until - now
    if span < _MINUTE:
        return "less than a minute"
    if span < _HOUR:
        return _count(span // _MINUTE, "minute")
    larger, smaller = (
        ((_DAY, "day"), (_HOUR, "hour")) if span >= _DAY else ((_HOUR, "hour"), (_MINUTE, "minute"))
    )
    rest = span % larger[0] // smaller[0]
    first = _count(span // larger[0], larger[1])
    return f"{first} {_count(rest, smaller[1])}" if rest else first


def _rough(passed: timedelta) -> str:
    if passed < _HOUR:
        return _count(passed // _MINUTE, "minute")
    return _count(passed // _HOUR, "hour") if passed < _DAY else _count(passed // _DAY, "day")


def _count(number: int, unit: str) -> str:
    return f"1 {unit}" if number == 1 else f"{number} {unit}s"
