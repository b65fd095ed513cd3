"""Children start together, end together, and say why they didn't."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kagibag_app import processes
from kagibag_app.processes import Child, Group, require_free
from kagibag_app.settings import SettingsError
from tests.ports import free_ports

SERVE = "import sys, http.server as h; h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.SimpleHTTPRequestHandler).serve_forever()"
# Each worker of a test run imports this file and so has ports of its own.
FIRST, SECOND, NOBODY = free_ports(3)


def server(name: str, port: int) -> Child:
    """Return a child that answers on a port."""
    return Child(name, [sys.executable, "-c", SERVE, str(port)], {}, f"http://127.0.0.1:{port}/")


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    """A group whose children are gone after the test, and signal handlers as they were."""
    monkeypatch.setattr(processes, "STOP_SECONDS", 2.0)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    made = Group()
    yield made
    made.stop()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_child_that_dies_at_start_is_named_with_its_code_and_the_others_end(group: Group) -> None:
    first = server("first", FIRST)
    group.start(first)
    with pytest.raises(SettingsError, match=r"The second process ended at start \(exit code 7\)"):
        group.start(
            Child("second", [sys.executable, "-c", "raise SystemExit(7)"], {}, f"http://127.0.0.1:{NOBODY}/")
        )
    assert first.exit_code is not None


def test_a_child_that_never_answers_is_given_up(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "READY_SECONDS", 0.3)
    mute = Child(
        "mute", [sys.executable, "-c", "import time; time.sleep(30)"], {}, f"http://127.0.0.1:{NOBODY}/"
    )
    with pytest.raises(SettingsError, match="did not answer at"):
        group.start(mute)
    assert mute.exit_code is not None


def test_a_proxy_of_the_environment_is_not_asked_for_our_own_address(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{NOBODY}")
    group.start(server("first", FIRST))


def test_one_that_ends_stops_the_others(group: Group, capfd: pytest.CaptureFixture[str]) -> None:
    first, second = server("first", FIRST), server("second", SECOND)
    group.start(first)
    group.start(second)
    assert second.process is not None
    second.process.kill()
    assert group.watch() == 1
    assert first.exit_code == -signal.SIGTERM
    assert "The second process ended (exit code -9); stopping the others." in capfd.readouterr().err


def test_sigterm_stops_all_and_is_a_good_end(group: Group) -> None:
    children = [server("first", FIRST), server("second", SECOND)]
    for child in children:
        group.start(child)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert group.watch() == 0
    assert [child.exit_code for child in children] == [-signal.SIGTERM] * 2


def test_a_child_that_ignores_the_request_to_end_is_killed(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    code = f"import signal; signal.signal(15, signal.SIG_IGN); {SERVE}"
    deaf = Child("deaf", [sys.executable, "-c", code, str(FIRST)], {}, f"http://127.0.0.1:{FIRST}/")
    group.start(deaf)
    group.stop()
    assert deaf.exit_code == -signal.SIGKILL


def test_children_do_not_outlive_a_killed_parent() -> None:
    code = (
        "import sys, time; from tests.test_processes import server; c = server('first', int(sys.argv[1])); "
        "c.start(); c.wait_ready(); print(c.process.pid, flush=True); time.sleep(30)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(FIRST)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 5
    while _listens(FIRST) and time.monotonic() < deadline:
        time.sleep(0.05)
    listens = _listens(FIRST)
    if listens:
        os.kill(pid, signal.SIGKILL)
    # The kernel of Linux promises it; elsewhere the port is only found taken at the next start.
    assert listens is (sys.platform != "linux")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_taken_port_is_said_before_anything_starts() -> None:
    require_free("127.0.0.1", NOBODY, "the product")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", NOBODY))
        taken.listen()
        with pytest.raises(SettingsError, match=rf"Port {NOBODY} \(the product\) is in use"):
            require_free("127.0.0.1", NOBODY, "the product")
