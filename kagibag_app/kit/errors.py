"""Errors that a person caused and can read. Anything else is a bug and stays an internal error."""

from __future__ import annotations


class DomainError(Exception):
    """A rule said no.

    Args:
        message: One sentence for a person: what happened, what is safe, what to do next.
        code: Stable machine name, e.g. ``refund_exceeds_remaining``; the class default when omitted.

    Attributes:
        code: Stable machine name.
        status: HTTP status for callers of the API.
        message: The sentence.
    """

    code: str = "domain_error"
    status: int = 409

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class NotFound(DomainError):
    """The thing does not exist, or belongs to somebody else: callers can't tell which."""

    code = "not_found"
    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(f"This {what} was not found. It may have moved, or the link is incomplete.")


class Forbidden(DomainError):
    """The actor's role does not allow the action."""

    code = "forbidden"
    status = 403


class BadInput(DomainError):
    """What a person or a client sent can't be read as what the field means."""

    code = "bad_input"
    status = 422

    def __init__(self, message: str, *, field: str = "", code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


class InvalidTransition(DomainError):
    """A status may not follow another."""

    code = "invalid_transition"

    def __init__(self, machine: str, current: str, target: str) -> None:
        super().__init__(f"A {machine} that is {current} cannot become {target}. Nothing was changed.")
        self.machine, self.current, self.target = machine, current, target


class CurrencyMismatch(DomainError):
    """Two amounts of different currencies met."""

    code = "currency_mismatch"

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"Amounts in {left} and {right} can't be combined.")
