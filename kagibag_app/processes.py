"""Starts and watches the processes of one installation: web (with its worker) and, in sandbox mode, the sandbox."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from kagibag_app.settings import SettingsError

READY_SECONDS = 60.0
STOP_SECONDS = 25.0
_PR_SET_PDEATHSIG = 1
# A proxy of the environment is for other machines.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Child:
    """A process to run, and the address that answers once it is ready.

    Attributes:
        aside: Its lines go to standard error: what its parent says is read by a script.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready_url: str
    aside: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; on Linux it dies with us, however we end."""
        self.process = subprocess.Popen(
            list(self.command),
            env={**os.environ, **self.environment},
            stdout=sys.stderr if self.aside else None,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    @property
    def exit_code(self) -> int | None:
        """Its exit code, ``None`` while it runs."""
        return self.process.poll() if self.process else None

    def wait_ready(self) -> None:
        """Wait until its address answers.

        Raises:
            SettingsError: It ended, or did not answer in time.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.exit_code is not None:
                raise SettingsError(
                    f"The {self.name} process ended at start (exit code {self.exit_code}). Its last lines above say why."
                )
            if _answers(self.ready_url):
                return
            time.sleep(0.05)
        raise SettingsError(
            f"The {self.name} process did not answer at {self.ready_url} within {READY_SECONDS:.0f} s."
        )


class Group:
    """Several children that live and end together."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._ending = False

    def start(self, child: Child) -> None:
        """Start a child and wait until it is ready; end all when it is not."""
        self._children.append(child)
        child.start()
        try:
            child.wait_ready()
        except BaseException:
            self.stop()
            raise

    def watch(self) -> int:
        """Wait until one ends or we are told to; then end the others. Returns our exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            while not self._ending:
                for child in self._children:
                    if child.exit_code is not None:
                        sys.stderr.write(
                            f"The {child.name} process ended (exit code {child.exit_code}); stopping the others.\n"
                        )
                        return 1
                time.sleep(0.2)
            return 0
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask every child to end, the last started first; kill what is left after 25 s."""
        for child in reversed(self._children):
            if child.process and child.exit_code is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children):
            if child.process is None:
                continue
            try:
                child.process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending = True


def free_port_pair() -> int:
    """Return a port of this machine that is free together with the next one.

    Raises:
        OSError: No two neighbours are free.
    """
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise OSError("no two neighbouring ports are free")


def require_free(host: str, port: int, what: str) -> None:
    """Say clearly that a port is taken, before anything is started.

    Raises:
        SettingsError: Somebody listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} ({what}) is in use. Stop what listens there, or choose another with --port (PORT=... with make)."
            ) from error


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException), _DIRECT.open(url, timeout=2) as answer:
        return answer.status == 200
    return False


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
