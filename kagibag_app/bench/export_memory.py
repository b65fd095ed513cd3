"""Exports once in a process of its own and says how much memory it took at its peak, in megabytes.

Two figures: what Python held beyond what was there before, and what the process held in all.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

from kagibag_app.bench.datasets import Dataset
from kagibag_app.bench.exporting import Export
from kagibag_app.bench.stand import Stand
from kagibag_app.features.reports.rules import ExportFormat

_STATUS = Path("/proc/self/status")


async def run(asked: dict[str, Any]) -> float:
    """Export what the parent process asks for and return what Python held at its peak, in megabytes."""
    dataset = Dataset(asked["url"], asked["orders"], asked["organizer"])
    stand = await Stand.open(dataset, Path(asked["folder"]))
    try:
        with tempfile.TemporaryDirectory(prefix="kagibag-bench-") as folder:
            export = Export(stand, asked["rows"])
            tracemalloc.start()
            await export.product(ExportFormat(asked["format"]), Path(folder))
            return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        await stand.close()


def peak() -> float:
    """Return the most that this process ever held, in megabytes.

    Linux's ``ru_maxrss`` begins with what the parent held; the high-water mark is this program's own. macOS has the
    former alone, in bytes.
    """
    if _STATUS.exists():
        mark = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(mark.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    held = asyncio.run(run(json.loads(sys.argv[1])))
    sys.stdout.write(f"{held:.2f} {peak():.1f}\n")
