"""What every answer carries, and what is refused before the product sees it. Plain ASGI, around everything."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kagibag_app.settings import Settings

log = structlog.get_logger(__name__)

SOCKET_PATH = "/_event"
MESSAGE_MAX_BYTES = 64 * 1024
MESSAGES_PER_SECOND = 100 / 60
# A scanner at a full door sends one with every ticket. Who it is for is known, and a lost scan is a guest turned away.
MEMBER_MESSAGES_PER_SECOND = 10.0
MESSAGE_BURST = 120
POLICY_VIOLATION, MESSAGE_TOO_BIG = 1008, 1009

BODY_MAX_BYTES = 64 * 1024
# Reads its body by itself, up to a limit of its own.
JUDGES_ITS_BODY = "/api/stripe/webhook"

# Its form must come with an Origin, which "no-referrer" would take away; the path still goes to nobody.
_SECRET_FORM = re.compile(r"/admin/join(?:/|$)")
_SECRET_PLACE = re.compile(r"/(?:api/)?(?:order|ticket|checkout)(?:/|$)")
_PRIVATE_PLACE = re.compile(r"/(?:admin|order|ticket|checkout|orders|api)(?:/|$)")
_HASHED_ASSET = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8,}\.(?:js|css|woff2?)(?:\.gz)?$")
_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
# What is no page needs nothing; should a browser show it as one, it runs nothing.
_POLICY_OF_FILES = "default-src 'none'; frame-ancestors 'none'"
_HSTS = "max-age=31536000; includeSubDomains"


def headers_for(path: str) -> dict[str, str]:
    """Return the headers that depend on what is asked for.

    Pages reached by a secret link tell nobody their path; what is personal is stored nowhere and found by no search engine.
    """
    found = {"Referrer-Policy": _referrer_policy(path)}
    if _PRIVATE_PLACE.match(path):
        found |= {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
    elif _HASHED_ASSET.match(path):
        found["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        found["Cache-Control"] = "no-cache"
    return found


def _referrer_policy(path: str) -> str:
    if _SECRET_PLACE.match(path):
        return "no-referrer"
    return "strict-origin" if _SECRET_FORM.match(path) else "same-origin"


@dataclass
class MessageBudget:
    """A bucket of messages that refills steadily: short bursts pass, a flood does not.

    Attributes:
        clock: Seconds, never going back.
        per_second: How many come back in a second.
    """

    clock: Callable[[], float] = time.monotonic
    per_second: float = MESSAGES_PER_SECOND
    left: float = MESSAGE_BURST
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._at = self.clock()

    def spend(self) -> bool:
        """Take one message; false when there is none left."""
        now = self.clock()
        self.left = min(MESSAGE_BURST, self.left + (now - self._at) * self.per_second)
        self._at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Security:
    """ASGI middleware: headers, the guard of the socket, the size of what is posted.

    Args:
        app: What it surrounds.
        settings: Name the origins that browsers may come from.
        policy: The ``Content-Security-Policy`` that the built pages work under.
        clock: Seconds, for the sockets' budgets.
        is_member: Whether a Cookie header is that of a member who is signed in; asked once when a socket is opened.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        policy: str,
        is_member: Callable[[str], Awaitable[bool]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._is_member, self._clock = app, is_member, clock
        self._origins = settings.allowed_origins
        self._fixed, self._policy = dict(_ALWAYS), policy
        if settings.secure_cookies:
            self._fixed["Strict-Transport-Security"] = _HSTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, self._with_headers(scope["path"], send))
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.rstrip("/") == SOCKET_PATH:
            # The socket speaks WebSocket only: polling would pass by its guard.
            await Response(status_code=404)(scope, receive, send)
        elif path.startswith("/api/") and path != JUDGES_ITS_BODY:
            await self._limited(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole body first, so that a route never sees part of one that is too large."""
        declared = Headers(scope=scope).get("content-length", "0")
        body, complete = b"", False
        while (
            not complete
            and len(body) <= BODY_MAX_BYTES
            and declared.isdigit()
            and int(declared) <= BODY_MAX_BYTES
        ):
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            complete = not message.get("more_body", False)
        if not complete or len(body) > BODY_MAX_BYTES:
            refusal = JSONResponse(
                {"code": "too_large", "message": f"At most {BODY_MAX_BYTES:,} bytes are taken here."}, 413
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _with_headers(self, path: str, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(
                    {**self._fixed, **self._policy_for(message["status"], headers), **headers_for(path)}
                )
            await send(message)

        return send_with_headers

    def _policy_for(self, status: int, headers: MutableHeaders) -> dict[str, str]:
        """A browser puts the headers of "not modified" over those it kept: there, saying nothing keeps the page's policy."""
        if status == HTTPStatus.NOT_MODIFIED:
            return {}
        is_page = headers.get("content-type", "").startswith("text/html")
        return {"Content-Security-Policy": self._policy if is_page else _POLICY_OF_FILES}

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not self._may_open(headers.getlist("origin")):
            log.warning("web.socket_refused", path=scope["path"])
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        known = await self._is_member(headers.get("cookie", ""))
        pace = MEMBER_MESSAGES_PER_SECOND if known else MESSAGES_PER_SECOND
        guarded = _GuardedSocket(receive, send, MessageBudget(self._clock, pace))
        await self._app(scope, guarded.receive, guarded.send)

    def _may_open(self, origins: Iterable[str]) -> bool:
        """Exactly one Origin, and one of ours: browsers always send it with a socket."""
        found = list(origins)
        return len(found) == 1 and found[0] in self._origins


class _GuardedSocket:
    """Passes messages on until one is too large or they are too many; then both sides hear that it is closed."""

    def __init__(self, receive: Receive, send: Send, budget: MessageBudget) -> None:
        self._receive, self._send, self._budget = receive, send, budget
        self._closed_with = 0

    async def receive(self) -> Message:
        """Return the client's next message, or that it is gone."""
        if self._closed_with:
            return self._gone()
        message = await self._receive()
        if message["type"] == "websocket.receive" and (code := self._offence(message)):
            log.warning("web.socket_closed", reason=code)
            self._closed_with = code
            await self._send({"type": "websocket.close", "code": code})
            return self._gone()
        return message

    async def send(self, message: Message) -> None:
        """Pass a message to the client unless it was cut off."""
        if not self._closed_with:
            await self._send(message)

    def _offence(self, message: Message) -> int:
        content = message.get("bytes") or (message.get("text") or "").encode("utf-8", "surrogatepass")
        if len(content) > MESSAGE_MAX_BYTES:
            return MESSAGE_TOO_BIG
        return 0 if self._budget.spend() else POLICY_VIOLATION

    def _gone(self) -> Message:
        return {"type": "websocket.disconnect", "code": self._closed_with}


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read already, then what else comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
