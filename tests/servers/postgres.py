"""A private PostgreSQL cluster for one test run, shared by all its worker processes.

Nothing on the machine is touched: the cluster has its own folder and port, and is gone after the run.
"""

import fcntl
import glob
import os
import pwd
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.ports import free_ports
from tests.servers.machine import ServerMissingError

INSTALL_COMMAND = "sudo apt-get install postgresql"
ROLE = "kagibag"
PROGRAMS = ("initdb", "postgres", "pg_ctl")
FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
START_TRIES = 3
SERVER_SETTINGS = {
    # Nothing here has to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
}


def postgres_programs() -> Path:
    """Return the folder of the newest PostgreSQL server on this machine.

    Raises:
        ServerMissingError: There is none.
    """
    found = [Path(folder) for pattern in FOLDERS for folder in glob.glob(pattern)]
    found.sort(key=lambda folder: [int(number) for number in re.findall(r"\d+", str(folder))], reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    for folder in found:
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
    raise ServerMissingError(
        f"The tests need PostgreSQL's server programs, and none are here. Type:  {INSTALL_COMMAND}"
    )


@dataclass(frozen=True)
class PostgresCluster:
    """A running cluster.

    Attributes:
        folder: Holds the cluster's files, its log and its Unix socket.
        port: On 127.0.0.1.
    """

    folder: Path
    port: int

    def url(self, database: str) -> str:
        """Return SQLAlchemy's address of a database, good for sync and async engines alike."""
        return f"postgresql+psycopg://{ROLE}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str | None = None) -> str:
        """Create a database under a random name and return its address.

        Args:
            template: A name from `template()`; None makes an empty database.
        """
        name = f"test_{secrets.token_hex(6)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self._administration() as connection:
            connection.execute(
                statement.format(sql.Identifier(name), sql.Identifier(template or "template0"))
            )
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database that `create_database` made, ending the connections still open to it."""
        name = sql.Identifier(url.rsplit("/", 1)[1])
        with self._administration() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Make a template database once in a test run, whichever worker asks first.

        Args:
            name: Identifies the template among the workers.
            prepare: Gets the address of an empty database, fills it and leaves no connection open.

        Returns:
            `name`, for `create_database`.
        """
        with locked(self.folder / f"{name}.lock"):
            done = self.folder / f"{name}.template"
            if not done.exists():
                identifier = sql.Identifier(name)
                with self._administration() as connection:
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
                    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
                prepare(self.url(name))
                done.touch()
        return name

    @contextmanager
    def _administration(self) -> "Iterator[psycopg.Connection]":
        connection = psycopg.connect(
            host="127.0.0.1", port=self.port, user=ROLE, dbname="postgres", autocommit=True
        )
        try:
            yield connection
        finally:
            connection.close()


def shared_cluster(run_folder: Path) -> PostgresCluster:
    """Return the test run's cluster, starting it when this process is the first to ask.

    Args:
        run_folder: Belongs to one test run; `stop_shared_cluster` ends what was started there.

    Raises:
        ServerMissingError: No server programs here, or they did not start; the message holds the log.
    """
    folder = run_folder / "postgres"
    port_file = run_folder / "postgres.port"
    with locked(run_folder / "postgres.lock"):
        if not port_file.exists():
            port_file.write_text(str(_start(folder)))
    return PostgresCluster(folder, int(port_file.read_text()))


def stop_shared_cluster(run_folder: Path) -> None:
    """Stop the cluster of a test run if one was started; its files stay for the caller to remove."""
    folder = run_folder / "postgres"
    if (folder / "files" / "postmaster.pid").exists():
        _run(folder, "pg_ctl", "stop", "--pgdata=files", "--mode=immediate", "--silent")


def _start(folder: Path) -> int:
    """Create a cluster in `folder`, start it and return its port."""
    folder.mkdir()
    user = _server_user()
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
        # The server's user has to reach its folder through ours, which pytest made for root alone.
        folder.parent.chmod(0o711)
    made = _run(
        folder, "initdb", "--pgdata=files", f"--username={ROLE}", "--auth=trust", "--encoding=UTF8",
        "--no-locale", "--no-sync",
    )  # fmt: skip
    if made.returncode != 0:
        raise ServerMissingError(
            f"PostgreSQL could not create a cluster in {folder}:\n{made.stdout}{made.stderr}"
        )
    for _ in range(START_TRIES):
        (port,) = free_ports(1)
        settings = {**SERVER_SETTINGS, "port": str(port), "unix_socket_directories": str(folder)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        started = _run(
            folder,
            "pg_ctl",
            "start",
            "--pgdata=files",
            "--log=log",
            "--wait",
            "--silent",
            f"--options={options}",
        )
        if started.returncode == 0:
            return port
    raise ServerMissingError(f"PostgreSQL did not start in {folder}:\n{(folder / 'log').read_text()[-2000:]}")


def _run(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs in `folder`, as another user where we are root: it refuses root."""
    user = _server_user()
    identity: dict[str, Any] = {}
    if user:
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return subprocess.run(
        [str(postgres_programs() / program), *arguments],
        cwd=folder,
        env={"LC_ALL": "C", "PATH": os.defpath, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **identity,
    )


def _server_user() -> pwd.struct_passwd | None:
    """Return whom to become before starting a server, or None when we may start it ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that the other processes of this test run wait for."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
