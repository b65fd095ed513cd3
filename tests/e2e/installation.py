"""One installation of the product in processes of its own: started, killed, asked from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from kagibag_app.processes import free_port_pair

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 180.0


@dataclass
class Installation:
    """A data folder and the processes that work in it.

    Attributes:
        command: ``demo`` or ``run``.
        seconds_to_ready: How long the last start took.
    """

    data_dir: Path
    command: str = "demo"
    port: int = field(default_factory=free_port_pair)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    seconds_to_ready: float = 0.0

    @property
    def url(self) -> str:
        """The product."""
        return f"http://localhost:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """The Stripe sandbox."""
        return f"http://127.0.0.1:{self.port + 1}"

    def start(self) -> None:
        """Start as a person does and wait until pages are served."""
        started = time.monotonic()
        log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kagibag_app", self.command, "--port", str(self.port)],
            cwd=ROOT,
            env=self._env(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        while time.monotonic() - started < READY_SECONDS:
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended at start:\n{self.log()[-4000:]}")
            if self._ready():
                self.seconds_to_ready = time.monotonic() - started
                return
            time.sleep(0.1)
        raise RuntimeError(f"it did not become ready:\n{self.log()[-4000:]}")

    def kill(self) -> None:
        """kill -9 every process of it at once, the sandbox included."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def log(self) -> str:
        """Everything it printed."""
        return (self.data_dir.parent / f"{self.data_dir.name}.log").read_text(errors="replace")

    def sandbox(self, action: str, /, **body: Any) -> Any:
        """Ask the sandbox's control API."""
        answer = httpx.post(f"{self.sandbox_url}/_sandbox/{action}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def sandbox_objects(self, kind: str) -> list[dict[str, Any]]:
        """Return the sandbox's objects of a kind, newest first."""
        answer = httpx.get(f"{self.sandbox_url}/_sandbox/objects", params={"type": kind}, timeout=30)
        answer.raise_for_status()
        return answer.json()["objects"]

    def sandbox_requests(self) -> list[dict[str, Any]]:
        """Return the last API calls that reached the sandbox, oldest first."""
        answer = httpx.get(f"{self.sandbox_url}/_sandbox/requests", params={"limit": 100}, timeout=30)
        answer.raise_for_status()
        return answer.json()["requests"]

    def command_line(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the `kagibag` command on this installation."""
        return subprocess.run(
            [sys.executable, "-m", "kagibag_app", *arguments],
            cwd=ROOT,
            env=self._env(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def audit(self) -> list[dict[str, Any]]:
        """Return the findings of `kagibag audit --stripe` that are violated."""
        finished = self.command_line("audit", "--stripe", "--json")
        assert finished.stdout, finished.stderr
        violated = [f for f in json.loads(finished.stdout) if f["count"]]
        assert finished.returncode == (1 if violated else 0), finished.stderr
        return violated

    def _env(self) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("KAGIBAG_")}
        return {**env, "KAGIBAG_DATA_DIR": str(self.data_dir), "PORT": str(self.port), **self.environment}

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False
