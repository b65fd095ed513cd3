"""Whether a process lives and should be given work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from kagibag_app.runtime import Runtime
from kagibag_app.web.api import health
from tests.web.harness import small_runtime


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    async with small_runtime(tmp_path) as started:
        yield started


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=health.ROUTES))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


async def test_healthz_answers_when_nothing_else_does(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_readyz_says_that_every_check_passes(runtime: Runtime, client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "schema": "ok", "writes": "ok"}}
    assert answer.status_code == 200


async def test_readyz_is_503_before_the_start(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "failed"


async def test_readyz_is_503_when_the_schema_is_of_another_version(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    async with runtime.store.transaction() as tx:
        await tx.session.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["schema"]) == (503, "outdated")


async def test_readyz_is_503_when_the_database_takes_no_writes(
    runtime: Runtime, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with runtime.store.transaction() as tx:
        await tx.session.execute(sa.text("DROP TABLE installations"))
    checks = (await client.get("/readyz")).json()["checks"]
    assert checks["writes"] == "failed"


@pytest.mark.parametrize(("lives", "said"), [(True, "ok"), (False, "stopped")])
async def test_readyz_watches_the_embedded_worker(
    runtime: Runtime, client: httpx.AsyncClient, lives: bool, said: str
) -> None:
    health.watch_worker(lambda: lives)
    try:
        answer = await client.get("/readyz")
    finally:
        health.watch_worker(None)
    assert answer.json()["checks"]["worker"] == said
    assert (answer.status_code == 200) is lives
