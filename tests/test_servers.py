"""The servers that the other tests stand on."""

import socket

import psycopg
import pytest
from playwright.async_api import async_playwright
from pytest_socket import SocketConnectBlockedError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.servers.chromium import chromium_arguments
from tests.servers.postgres import PostgresCluster


def libpq(url: str) -> str:
    """Return the same address for psycopg itself."""
    return url.replace("postgresql+psycopg://", "postgresql://")


async def test_postgres_url_gives_an_empty_database_when_opened_async(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        tables = await connection.scalar(
            text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        )
        zone = await connection.scalar(text("SHOW timezone"))
    await engine.dispose()
    assert tables == 0
    assert zone == "UTC"


@pytest.mark.parametrize("copy", [1, 2])
def test_template_is_prepared_once_when_asked_for_again(postgres_cluster: PostgresCluster, copy: int) -> None:
    def prepare(url: str) -> None:
        with psycopg.connect(libpq(url)) as connection:
            connection.execute("CREATE TABLE seat (label text)")
            connection.execute("INSERT INTO seat VALUES ('A1')")

    url = postgres_cluster.create_database(postgres_cluster.template("seats", prepare))
    with psycopg.connect(libpq(url)) as connection:
        assert connection.execute("SELECT label FROM seat").fetchall() == [("A1",)]
        connection.execute("DELETE FROM seat")
    postgres_cluster.drop_database(url)


async def test_chromium_reaches_nothing_but_this_machine_when_started(chromium: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=chromium_arguments())
        page = await browser.new_page()
        await page.set_content("<h1>Orders</h1>")
        assert await page.inner_text("h1") == "Orders"
        with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
            await page.goto("http://example.com/")
        await browser.close()


def test_connection_is_refused_when_it_leaves_this_machine() -> None:
    # 203.0.113.0/24 is set aside for documentation (RFC 5737): nobody answers there.
    with (
        socket.socket() as outgoing,
        pytest.raises(SocketConnectBlockedError),
        pytest.warns(match="203.0.113.1"),
    ):
        outgoing.connect(("203.0.113.1", 443))
