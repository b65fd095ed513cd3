"""What every answer carries, and what is refused before the product sees it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from kagibag_app.kagibag_app import surrounded
from kagibag_app.settings import Settings
from kagibag_app.web.security import (
    BODY_MAX_BYTES,
    MESSAGE_BURST,
    MESSAGE_MAX_BYTES,
    MESSAGE_TOO_BIG,
    MESSAGES_PER_SECOND,
    POLICY_VIOLATION,
    MessageBudget,
    Security,
)

ORIGIN = "http://localhost:8000"
POLICY = "script-src 'self'"


async def _page(request: Request) -> Response:
    if "if-none-match" in request.headers:
        return Response(status_code=304)
    is_file = request.url.path.startswith(("/assets", "/api")) or request.url.path.endswith(".css")
    return PlainTextResponse("file") if is_file else HTMLResponse("page")


async def _posted(request: Request) -> JSONResponse:
    return JSONResponse({"bytes": len(await request.body())})


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(str(len(await socket.receive_text())))


async def _is_member(cookies: str) -> bool:
    return cookies == "kb_session=good"


def _app(clock: Callable[[], float] = lambda: 0.0, **settings: Any) -> Security:
    routes = [
        Route("/api/session/login", _posted, methods=["POST"]),
        Route("/api/stripe/webhook", _posted, methods=["POST"]),
        WebSocketRoute("/_event", _echo),
        Route("/{path:path}", _page),
    ]
    config = Settings(port=8000, **settings)
    return Security(
        Starlette(routes=routes), settings=config, policy=POLICY, is_member=_is_member, clock=clock
    )


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(_app()), base_url=ORIGIN) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/api/order/or_1.k.tag/receipt.pdf", "/api/ticket/tk_1.k.tag/event.ics"])
async def test_attack_7_a_file_with_a_token_tells_nobody_its_address(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/order/or_1.k.tag", "/ticket/tk_1.k.tag", "/checkout/or_1.k.tag"])
async def test_attack_7_a_page_with_a_token_tells_nobody_its_address(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("path", ["/admin/orders", "/admin", "/orders/find", "/api/anything"])
async def test_attack_4_a_private_page_is_neither_kept_nor_found(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]
    # Native forms of these pages must be sent with their Origin.
    assert headers["referrer-policy"] == "same-origin"


async def test_a_page_that_was_not_modified_keeps_the_policy_the_browser_has(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/e/spring-ball", headers={"if-none-match": '"known"'})
    assert answer.status_code == 304
    assert "content-security-policy" not in answer.headers
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_public_page_may_be_found_but_is_checked_again(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/e/spring-ball")).headers
    assert "x-robots-tag" not in headers
    assert headers["cache-control"] == "no-cache"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/assets/entry-DhX2ab9c.js", True), ("/assets/radix-DhX2ab9c.css", True), ("/assets/entry.js", False),
        ("/tokens.css", False), ("/styles/base.css", False), ("/assets/../x-DhX2ab9c.js", False),
    ],
)  # fmt: skip
async def test_only_files_named_by_their_content_are_kept_for_a_year(
    client: httpx.AsyncClient, path: str, kept: bool
) -> None:
    assert ("immutable" in (await client.get(path)).headers["cache-control"]) is kept


async def test_a_file_shown_as_a_page_runs_nothing(client: httpx.AsyncClient) -> None:
    assert (
        (await client.get("/assets/x.js")).headers["content-security-policy"].startswith("default-src 'none'")
    )
    assert (await client.get("/e/spring-ball")).headers["content-security-policy"] == POLICY


async def test_https_is_remembered_when_the_product_is_reached_by_it() -> None:
    app = _app(public_url="https://tickets.example.com")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://tickets.example.com"
    ) as client:
        assert "max-age" in (await client.get("/")).headers["strict-transport-security"]


async def test_a_body_that_is_too_large_is_refused_unread(client: httpx.AsyncClient) -> None:
    fits = await client.post("/api/session/login", content=b"x" * BODY_MAX_BYTES)
    assert fits.json() == {"bytes": BODY_MAX_BYTES}
    assert (await client.post("/api/session/login", content=b"x" * (BODY_MAX_BYTES + 1))).status_code == 413
    assert (await client.post("/api/stripe/webhook", content=b"x" * 300_000)).json() == {"bytes": 300_000}


async def test_a_body_without_a_declared_size_is_refused_when_it_grows_too_large(
    client: httpx.AsyncClient,
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 10_000

    answer = await client.post("/api/session/login", content=endless())
    assert answer.status_code == 413
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("size", ["-1", "x", "99999999999999999999"])
async def test_a_declared_size_that_is_nonsense_is_refused(client: httpx.AsyncClient, size: str) -> None:
    answer = await client.post("/api/session/login", content=b"x", headers={"content-length": size})
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/_event", "/_event/"])
async def test_attack_3_the_socket_cannot_be_reached_by_polling(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await client.request(method, path, headers={"origin": ORIGIN})).status_code == 404


@pytest.mark.parametrize("origin", [ORIGIN, "http://127.0.0.1:8000"])
def test_a_socket_of_our_own_pages_is_accepted(origin: str) -> None:
    with TestClient(_app()).websocket_connect("/_event", headers={"origin": origin}) as socket:
        socket.send_text("four")
        assert socket.receive_text() == "4"


@pytest.mark.parametrize(
    "origin",
    [
        None, "null", "", "https://evil.example", "http://localhost:8000.evil.example", "http://localhost:80001", "http://localhost",
        "https://localhost:8000", "http://LOCALHOST:8000", "http://localhost:8000/", "http://evil.example#http://localhost:8000",
        "http://user@localhost:8000",
    ],
)  # fmt: skip
def test_attack_3_a_socket_of_another_origin_is_refused(origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        TestClient(_app()).websocket_connect("/_event", headers=headers),
    ):
        pass
    assert refused.value.code == POLICY_VIOLATION


def test_attack_3_a_socket_with_two_origins_is_refused() -> None:
    headers = httpx.Headers([("origin", ORIGIN), ("origin", "https://evil.example")])
    with pytest.raises(WebSocketDisconnect), TestClient(_app()).websocket_connect("/_event", headers=headers):
        pass


def test_attack_3_production_does_not_take_loopback_for_itself() -> None:
    keys = f"a:{'x' * 32}"
    app = _app(
        env="production", public_url="https://tickets.example.com", secret_keys=keys, encryption_keys=keys
    )
    with TestClient(app).websocket_connect("/_event", headers={"origin": "https://tickets.example.com"}):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        TestClient(app).websocket_connect("/_event", headers={"origin": "http://127.0.0.1:8000"}),
    ):
        pass


def test_attack_3_a_socket_is_closed_when_a_message_is_too_large() -> None:
    with TestClient(_app()).websocket_connect("/_event", headers={"origin": ORIGIN}) as socket:
        socket.send_text("x" * MESSAGE_MAX_BYTES)
        assert socket.receive_text() == str(MESSAGE_MAX_BYTES)
        socket.send_text("ü" * (MESSAGE_MAX_BYTES // 2 + 1))
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == MESSAGE_TOO_BIG


def test_attack_3_a_socket_is_closed_when_a_megabyte_comes_as_bytes() -> None:
    with TestClient(_app()).websocket_connect("/_event", headers={"origin": ORIGIN}) as socket:
        socket.send_bytes(b"x" * 1_000_000)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == MESSAGE_TOO_BIG


def test_attack_3_a_socket_is_closed_when_it_is_flooded() -> None:
    answered = code = 0
    with TestClient(_app()).websocket_connect("/_event", headers={"origin": ORIGIN}) as socket:
        for _ in range(2_000):
            socket.send_text("x")
        try:
            while True:
                socket.receive_text()
                answered += 1
        except WebSocketDisconnect as closed:
            code = closed.code
    assert (code, answered) == (POLICY_VIOLATION, MESSAGE_BURST)


@pytest.mark.parametrize(("cookie", "taken"), [("kb_session=good", 600), ("kb_session=bad", 100)])
def test_a_scanner_of_a_member_may_send_more_than_a_stranger(cookie: str, taken: int) -> None:
    moment, answered = [0.0], 0
    headers = {"origin": ORIGIN, "cookie": cookie}
    with TestClient(_app(lambda: moment[0])).websocket_connect("/_event", headers=headers) as socket:
        for _ in range(MESSAGE_BURST):
            socket.send_text("x")
            socket.receive_text()
        for _ in range(600):
            moment[0] += 60 / taken * 1.0005
            socket.send_text("x")
            socket.receive_text()
            answered += 1
        moment[0] += 0.01
        socket.send_text("x")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()
    assert answered == 600


async def test_the_product_is_surrounded_by_it() -> None:
    app = surrounded(Starlette())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
    with pytest.raises(WebSocketDisconnect), TestClient(app).websocket_connect("/_event"):
        pass


def test_a_message_budget_refills_at_a_hundred_a_minute() -> None:
    moment = [0.0]
    budget = MessageBudget(lambda: moment[0])
    assert all(budget.spend() for _ in range(MESSAGE_BURST))
    assert not budget.spend()
    moment[0] += 60.0
    assert sum(budget.spend() for _ in range(MESSAGE_BURST)) == 100
    moment[0] += 1 / MESSAGES_PER_SECOND
    assert budget.spend()
    moment[0] += 3600.0
    assert sum(budget.spend() for _ in range(1000)) == MESSAGE_BURST
