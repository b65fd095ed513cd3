"""Reads what a browser sent to a handler.

Any socket client may send any handler arguments of any type: Reflex does not enforce type hints. What does not fit exactly
is refused before the handler runs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

TEXT_MAX = 20_000
FORM_FIELDS_MAX = 60
LIST_MAX = 200
# JavaScript's largest exact integer; also fits every column.
INT_MAX = 2**53 - 1


class BadClaim(Exception):
    """What was sent is not what the handler takes."""


def _text(value: object) -> bool:
    return type(value) is str and len(value) <= TEXT_MAX and "\0" not in value and not _has_surrogates(value)


def _has_surrogates(value: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in value)


def _integer(value: object) -> bool:
    return type(value) is int and -INT_MAX <= value <= INT_MAX


def _flag(value: object) -> bool:
    return type(value) is bool


def _form(value: object) -> bool:
    return (
        type(value) is dict
        and len(value) <= FORM_FIELDS_MAX
        and all(_text(k) and _text(v) for k, v in value.items())
    )


def _texts(value: object) -> bool:
    return type(value) is list and len(value) <= LIST_MAX and all(_text(item) for item in value)


_READERS: Mapping[Any, Callable[[object], bool]] = {
    str: _text,
    int: _integer,
    bool: _flag,
    dict[str, str]: _form,
    list[str]: _texts,
}


@dataclass(frozen=True)
class Claims:
    """What one handler takes after ``self`` (and its actor).

    Attributes:
        signature: Its parameters as Reflex and the browser see them, ``self`` first.
        hints: The type of each.
    """

    signature: inspect.Signature
    hints: Mapping[str, Any]

    @classmethod
    def of(cls, handler: Callable[..., Any], *, hidden: int) -> Claims:
        """Read a handler's own signature.

        Args:
            handler: Its first parameter is ``self``.
            hidden: How many parameters after ``self`` the guard fills in.

        Raises:
            TypeError: It takes something that cannot be checked; only str, int, bool, dict[str, str] and list[str] can.
        """
        own = inspect.signature(handler)
        parameters = list(own.parameters.values())
        shown = [parameters[0], *parameters[1 + hidden :]]
        hints = get_type_hints(handler)
        taken = {parameter.name: hints.get(parameter.name) for parameter in shown[1:]}
        for name, hint in taken.items():
            if hint not in _READERS:
                raise TypeError(
                    f"{handler.__qualname__}: `{name}` is {hint}; take one of {', '.join(map(str, _READERS))}"
                )
        return cls(own.replace(parameters=shown, return_annotation=inspect.Signature.empty), taken)

    def read(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments by name.

        Raises:
            BadClaim: One is missing, too many, of another type or too large.
        """
        try:
            bound = self.signature.bind(None, *args, **kwargs)
        except TypeError as error:
            raise BadClaim(str(error)) from None
        given = dict(list(bound.arguments.items())[1:])
        for name, value in given.items():
            if not _READERS[self.hints[name]](value):
                raise BadClaim(f"{name} is no {self.hints[name]}")
        return given
