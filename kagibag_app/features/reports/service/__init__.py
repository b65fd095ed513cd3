"""Exports: asked for and cancelled by members, written by a job, downloaded by the one who asked."""

from kagibag_app.features.reports.service.asking import (
    cancel_export,
    record_download,
    repeat_export,
    start_export,
)
from kagibag_app.features.reports.service.writing import (
    Begun,
    begin_export,
    begin_file,
    fail_export,
    finish_export,
    forget_exports,
    note_progress,
    store_chunks,
)

__all__ = [
    "Begun",
    "begin_export",
    "begin_file",
    "cancel_export",
    "fail_export",
    "finish_export",
    "forget_exports",
    "note_progress",
    "record_download",
    "repeat_export",
    "start_export",
    "store_chunks",
]
