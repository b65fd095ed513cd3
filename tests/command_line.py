"""The `kagibag` command in this process, with its Stripe sandbox behind it and the environment put back afterwards."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
import structlog

from kagibag_app import bootstrap, cli
from kagibag_app.cli import common
from kagibag_app.sandbox.app import create_app
from kagibag_app.sandbox.config import SandboxConfig


@dataclass
class Answer:
    """What a command left: its exit code and its two outputs."""

    code: int
    out: str
    err: str


Kagibag = Callable[..., Answer]


@pytest.fixture
def kagibag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Kagibag]:
    """Runs the command in a data folder of its own."""
    before, root = dict(os.environ), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    app = create_app(SandboxConfig())
    with monkeypatch.context() as patch:
        patch.setattr(common, "build", partial(bootstrap.build, stripe_transport=httpx.ASGITransport(app)))

        def run(*arguments: str, **settings: str) -> Answer:
            os.environ.clear()
            os.environ.update(before, KAGIBAG_DATA_DIR=str(tmp_path), PORT="22220")
            os.environ.update({f"KAGIBAG_{name.upper()}": value for name, value in settings.items()})
            patch.setattr(sys, "argv", ["kagibag", *arguments])
            with pytest.raises(SystemExit) as ended:
                cli.main()
            said = capsys.readouterr()
            return Answer(int(ended.value.code or 0), said.out, said.err)

        yield run
    os.environ.clear()
    os.environ.update(before)
    root.handlers[:], logging.raiseExceptions = handlers, True
    root.setLevel(level)
    structlog.reset_defaults()
