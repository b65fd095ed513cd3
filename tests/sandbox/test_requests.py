"""Requests as bytes: forms, limits and malformed input."""

from typing import Any

import httpx
import pytest

from kagibag_app.sandbox import forms
from kagibag_app.sandbox.errors import ApiError
from tests.sandbox.conftest import Shop

KEY = {"authorization": "Bearer sk_test_sandbox0001"}
NUMBERS = {"type": "array", "items": {"type": "integer"}}
CREATED = {"anyOf": [{"type": "object", "properties": {"gt": {"type": "integer"}}}, {"type": "integer"}]}
METADATA = {
    "anyOf": [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "string", "enum": [""]},
    ]
}


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("x[]=1&x[]=2", NUMBERS, [1, 2]),
        ("x[1]=2&x[0]=1", NUMBERS, [1, 2]),
        ("x=", NUMBERS, []),
        ("x=5", CREATED, 5),
        ("x[gt]=5", CREATED, {"gt": 5}),
        ("x=", METADATA, ""),
        ("x[7]=a&x[k]=", METADATA, {"7": "a", "k": ""}),
        ("x=true", {"type": "boolean"}, True),
        ("x=%E2%82%AC+1", {"type": "string"}, "€ 1"),
    ],
)
def test_value_has_its_type_when_converted(text: str, schema: dict[str, Any], value: object) -> None:
    assert forms.convert({"type": "object", "properties": {"x": schema}}, forms.parse(text)) == {"x": value}


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("x[]=one", NUMBERS),
        ("x[a]=1", NUMBERS),
        ("x=1", NUMBERS),
        ("x[lt]=1", CREATED),
        ("x=soon", CREATED),
        ("x=yes", {"type": "boolean"}),
        ("x[a]=1", {"type": "string"}),
        ("x=99999999999999999999", {"type": "integer"}),
        ("x=1e3", {"type": "integer"}),
        ("x=abcdef", {"type": "string", "maxLength": 5}),
        ("x=1", {"type": "object"}),
        ("x=1&x[a]=2", {"type": "object", "properties": {"a": {"type": "string"}}}),
        ("y=1", {"type": "string"}),
    ],
)
def test_value_is_refused_when_of_another_type(text: str, schema: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        forms.convert({"type": "object", "properties": {"x": schema}, "required": ["x"]}, forms.parse(text))
    assert refused.value.status == 400
    assert not refused.value.saved


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"amount=\xff\xfe", 400),
        (b"&".join(b"m[%d]=1" % n for n in range(2_000)), 400),
        (b"a" + b"[b]" * 20_000 + b"=1", 400),
        (b"x=" + b"y" * 1_100_000, 413),
    ],
)
async def test_request_is_refused_when_malformed(http: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await http.post("/v1/payment_intents", content=body, headers=KEY)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Basic ???", "Basic /w==", "Bearer pk_test_x", "Bearer rk_live_x"]
)
async def test_request_is_unauthorized_when_key_is_malformed(http: httpx.AsyncClient, header: str) -> None:
    answer = await http.get("/v1/account", headers={"authorization": header})
    assert answer.status_code == 401


async def test_restricted_test_key_works_when_sent_as_user_name(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/account", auth=("rk_test_1", ""))).status_code == 200


async def test_key_is_refused_when_too_long(http: httpx.AsyncClient) -> None:
    headers = {**KEY, "idempotency-key": "k" * 256}
    answer = await http.post("/v1/payment_intents", content=b"amount=100&currency=usd", headers=headers)
    assert answer.status_code == 400


async def test_version_and_request_id_are_echoed_when_answered(shop: Shop, http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/charges", headers={**KEY, "stripe-version": "2026-10-28.endive"})
    assert answer.headers["stripe-version"] == "2026-10-28.endive"
    assert answer.headers["request-id"].startswith("req_")
