"""The control API and who may use it."""

from typing import Any

import httpx
import pytest

from kagibag_app.sandbox import Sandbox, SandboxConfig, create_app
from kagibag_app.sandbox.errors import ApiError
from tests.sandbox.conftest import Receiver, Shop


async def post(http: httpx.AsyncClient, path: str, /, **body: Any) -> dict[str, Any]:
    """A successful control call."""
    answer = await http.post(f"/_sandbox/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_session_is_paid_when_told(shop: Shop, http: httpx.AsyncClient) -> None:
    session = await shop.session()
    paid = await post(http, "pay", session=session.id, card="4242424242424242")
    assert paid["payment_status"] == "paid"
    again = await http.post("/_sandbox/pay", json={"session": session.id})
    assert again.status_code == 400


async def test_refunds_and_disputes_are_played_when_told(shop: Shop, http: httpx.AsyncClient) -> None:
    charge = await shop.charge("pm_card_pendingRefund")
    intent = str(charge.payment_intent)
    pending = await post(http, "refund", payment_intent=intent, amount=100)
    assert (await post(http, f"refunds/{pending['id']}/hold"))["status"] == "requires_action"
    assert (await post(http, f"refunds/{pending['id']}/succeed"))["status"] == "succeeded"
    failed = await post(http, f"refunds/{pending['id']}/fail", reason="declined")
    assert failed["failure_reason"] == "declined"
    for verb, status in (("win", "won"), ("lose", "lost"), ("close", "lost")):
        dispute = await post(http, "disputes", payment_intent=intent, reason="duplicate")
        assert (await post(http, f"disputes/{dispute['id']}/{verb}"))["status"] == status
    inquiry = await post(http, "disputes", charge=charge.id, kind="inquiry", amount=300)
    assert (await post(http, f"disputes/{inquiry['id']}/escalate"))["status"] == "needs_response"


async def test_clock_webhooks_and_faults_are_set_when_told(
    shop: Shop, http: httpx.AsyncClient, receiver: Receiver
) -> None:
    before = shop.sandbox.now
    assert (await post(http, "advance", seconds=3600))["now"] >= before + 3600
    assert (await post(http, "webhooks", mode="hold", copies=2))["copies"] == 2
    await shop.charge()
    assert await post(http, "flush") == {"delivered": 6, "failed": 0, "queued": 0}
    assert len(receiver.events) == 6
    faults = await post(http, "fault", kind="error", path="/v1/refunds", n=3)
    assert faults["faults"][0]["n"] == 3
    assert await post(http, "faults/clear") == {"faults": []}
    state = (await http.get("/_sandbox/state")).json()
    assert state["counts"]["charge"] == 1
    assert state["webhooks"] == {"mode": "hold", "copies": 2, "queued": 0}
    assert (await post(http, "prune_keys"))["pruned"] >= 1


async def test_requests_and_objects_are_shown_when_asked(shop: Shop, http: httpx.AsyncClient) -> None:
    charge = await shop.charge()
    await shop.refund(charge, 100, "key-1")
    last = (await http.get("/_sandbox/requests", params={"limit": 1})).json()["requests"][0]
    assert (last["method"], last["path"], last["idempotency_key"], last["status"]) == (
        "POST",
        "/v1/refunds",
        "key-1",
        200,
    )
    assert last["account"] == "acct_1SandboxPlatform"
    refunds = (await http.get("/_sandbox/objects", params={"type": "refund"})).json()["objects"]
    assert [refund["amount"] for refund in refunds] == [100]


async def test_everything_is_forgotten_when_reset(shop: Shop, http: httpx.AsyncClient) -> None:
    await shop.charge()
    shop.sandbox.advance(1000)
    state = await post(http, "reset")
    assert (state["counts"], state["clock_offset"]) == ({}, 0)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("advance", b'{"seconds": -1}'),
        ("advance", b'{"seconds": "soon"}'),
        ("advance", b"[]"),
        ("advance", b"{"),
        ("fault", b'{"kind": "flood"}'),
        ("fault", b'{"kind": "error", "path": "("}'),
        ("fault", b'{"kind": "error", "colour": 1}'),
        ("pay", b'{"card": "4242424242424242"}'),
        ("disputes", b"{}"),
        ("pay", b'{"session": "cs_test_x", "card": "1234"}'),
    ],
)
async def test_call_is_refused_with_a_sentence_when_wrong(
    http: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await http.post(f"/_sandbox/{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_call_is_404_when_it_names_nothing(http: httpx.AsyncClient) -> None:
    for path in ("refunds/re_x/fail", "refunds/re_x/burn", "disputes/du_x/win", "disputes/du_x/burn"):
        assert (await http.post(f"/_sandbox/{path}")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"host": "evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/_sandbox/reset", "/console/flush"])
async def test_foreign_pages_are_refused_when_they_post(
    http: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    assert (await http.post(path, headers=headers)).status_code == 403


async def test_own_pages_are_allowed_when_they_post(http: httpx.AsyncClient, sandbox: Sandbox) -> None:
    headers = {"origin": sandbox.config.public_url, "sec-fetch-site": "same-origin"}
    assert (await http.post("/_sandbox/flush", headers=headers)).status_code == 200


@pytest.mark.parametrize(("loopback_only", "status"), [(True, 403), (False, 200)])
async def test_other_machines_are_refused_unless_allowed(loopback_only: bool, status: int) -> None:
    app = create_app(SandboxConfig(loopback_only=loopback_only))
    transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as stranger:
        assert (await stranger.get("/")).status_code == status
        assert (await stranger.get("/_sandbox/state")).status_code == status
    await app.state.sandbox.close()


async def test_clock_never_goes_back_when_advanced(sandbox: Sandbox) -> None:
    with pytest.raises(ApiError, match="only moves forward"):
        sandbox.advance(-1)
