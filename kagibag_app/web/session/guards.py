"""The two decorators of State handlers: ``require`` for members, ``public`` for attendees."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import reflex as rx
import structlog
from reflex.event import EventSpec

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import (
    ACTIVITY_STEP,
    CONFIRMED_ACTIONS,
    Action,
    SessionState,
    allowed,
)
from kagibag_app.features.accounts.views import SessionView
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session.claims import BadClaim, Claims
from kagibag_app.web.session.workspace import Workspace, actor_of, may_decide, standing, tab_session

log = structlog.get_logger(__name__)

S = TypeVar("S", bound=rx.State)
W = TypeVar("W", bound=Workspace)
P = ParamSpec("P")

NOT_UNDERSTOOD = "That could not be read. Nothing was changed. Reload the page and try again."
NOT_ALLOWED = "Your role doesn't include this. Nothing was changed. Ask an owner of the organization."


@dataclass(frozen=True, slots=True)
class Guard:
    """How a handler is guarded; a test compares every handler's with the permission table.

    Attributes:
        action: What the member's role must include; ``None`` for a handler that anyone may call.
        person: A person causes it, so that it renews the idle time.
    """

    action: Action | None
    person: bool = True


async def _nothing() -> None: ...


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A call that may run: its arguments, and what to do when it succeeded."""

    arguments: dict[str, Any]
    actors: tuple[Actor, ...] = ()
    finish: Callable[[], Awaitable[None]] = field(default=_nothing)


class _Refused(Exception):
    """A call that may not run, and what its tab is answered."""

    def __init__(self, answer: Any = None) -> None:
        super().__init__()
        self.answer = answer


_Admit: TypeAlias = Callable[[Any, dict[str, Any]], Awaitable[_Admitted]]


def require(
    action: Action, *, person: bool = True, decides: bool = True
) -> Callable[[Callable[Concatenate[W, Actor, P], Any]], Callable[Concatenate[W, P], Any]]:
    """Let a handler run only for a member whose role includes ``action``; put it under ``@rx.event``.

    The handler is ``async``, takes the ``Actor`` after ``self`` (the browser never sees it), then only str, int, bool,
    dict[str, str] or list[str]. A ``DomainError`` that it raises becomes a toast; any other error one generic sentence.

    Args:
        action: From the permission table.
        person: False for live reloads and heartbeats: they never renew the idle time.
        decides: For actions that need a fresh password (money, the team): it decides, which keeps the confirmation
            fresh. False: it only prepares a decision.
    """
    confirmed = action in CONFIRMED_ACTIONS

    async def admit(state: Workspace, given: dict[str, Any]) -> _Admitted:
        view = _admitted(state, await tab_session(state), action)
        if person:
            await _touch(view)

        async def decided() -> None:
            await runtime().store.run(lambda tx: accounts.confirm_decision(tx, session_id=view.id))

        return _Admitted(given, (actor_of(view),), decided if confirmed and decides else _nothing)

    def guard(handler: Callable[Concatenate[W, Actor, P], Any]) -> Callable[Concatenate[W, P], Any]:
        return _guarded(handler, admit, Claims.of(handler, hidden=1), Guard(action, person))

    return guard


def public(handler: Callable[Concatenate[S, P], Any]) -> Callable[Concatenate[S, P], Any]:
    """Let anyone call a handler: what it may see or do, it must derive from an access link at every event.

    Put it under ``@rx.event``. Arguments and errors are treated as by ``require``; there is no actor argument.
    """

    async def admit(_state: rx.State, given: dict[str, Any]) -> _Admitted:
        return _Admitted(given)

    return _guarded(handler, admit, Claims.of(handler, hidden=0), Guard(None))


def _guarded(handler: Callable[..., Any], admit: _Admit, claims: Claims, guard: Guard) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(handler):
        guarded = _stepwise(handler, admit, claims)
    elif inspect.iscoroutinefunction(handler):
        guarded = _at_once(handler, admit, claims)
    else:
        raise TypeError(f"{handler.__qualname__} must be async: a blocking handler stalls every user")
    # What Reflex and the browser see has no actor.
    guarded.__annotations__ = dict(claims.hints)
    vars(guarded).update(__signature__=claims.signature, guard=guard)
    return guarded


def _at_once(handler: Callable[..., Any], admit: _Admit, claims: Claims) -> Callable[..., Any]:
    @wraps(handler)
    async def guarded(self: rx.State, *args: Any, **kwargs: Any) -> Any:
        try:
            call = await admit(self, claims.read(args, kwargs))
            answer = await handler(self, *call.actors, **call.arguments)
            await call.finish()
        except Exception as error:
            return _answer(error, handler)
        return answer

    return guarded


def _stepwise(handler: Callable[..., Any], admit: _Admit, claims: Claims) -> Callable[..., Any]:
    @wraps(handler)
    async def guarded(self: rx.State, *args: Any, **kwargs: Any) -> Any:
        try:
            call = await admit(self, claims.read(args, kwargs))
            async for answer in handler(self, *call.actors, **call.arguments):
                yield answer
            await call.finish()
        except Exception as error:
            yield _answer(error, handler)

    return guarded


def _answer(error: Exception, handler: Callable[..., Any]) -> Any:
    """Return what the tab is told: never more than a sentence meant for a person."""
    if isinstance(error, _Refused):
        return error.answer
    if isinstance(error, DomainError):
        return rx.toast.error(error.message)
    if isinstance(error, BadClaim):
        log.warning("web.bad_claim", handler=handler.__qualname__, reason=str(error)[:200])
        return rx.toast.error(NOT_UNDERSTOOD)
    return _incident(error, handler.__qualname__)


def unexpected(exception: Exception) -> EventSpec:
    """Answer an error outside every guard: an event that Reflex itself handles, called with nonsense."""
    return _incident(exception, "reflex")


def _incident(error: Exception, where: str) -> EventSpec:
    number = secrets.token_hex(4)
    log.error("web.handler_failed", handler=where, incident=number, exc_info=error)
    return rx.toast.error(
        "Something went wrong on our side. Look at what this page shows before you try again. "
        f"If it happens again, give this number: {number}."
    )


def _admitted(state: Workspace, view: SessionView | None, action: Action) -> SessionView:
    """Return the session when it may act.

    Raises:
        _Refused: With what to answer; what the tab showed of the organizer is gone when there is no living session.
    """
    if view is None:
        raise _Refused(state._to_login())
    found = standing(view)
    if found is SessionState.OVER:
        raise _Refused(state._to_login(error="expired"))
    if found is SessionState.IDLE:
        state._go_idle(view)
        raise _Refused
    state._greet(view)
    if not allowed(view.role, action):
        raise _Refused(rx.toast.error(NOT_ALLOWED))
    if action in CONFIRMED_ACTIONS and not may_decide(view):
        state.confirm_wanted = True
        raise _Refused
    return view


async def _touch(view: SessionView) -> None:
    if runtime().clock.now() - view.last_active_at >= ACTIVITY_STEP:
        await runtime().store.run(lambda tx: accounts.touch(tx, session_id=view.id))
