"""Puts the parts together. Nothing else knows which implementation anybody gets."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from graph.models import default_models
from graph.validation import Setting
from server.clock import now
from server.storage.database import open_database
from server.storage.flows import FlowStore
from server.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.settings import Settings


def build_workspace(settings: Settings) -> Workspace:
    """The workspace of the settings' data directory; the database is opened at its first use."""
    setting = Setting(default_models(), settings.credentials or None)
    url = settings.resolved_database_url()

    def open_store() -> FlowStore:
        return FlowStore(open_database(url), now, setting)

    return Workspace(open_store, setting=setting, now=now, fingerprint=_fingerprint(url))


def _fingerprint(url: str) -> Callable[[], object]:
    """Something that differs when the database may have changed; cheap for SQLite, where a file tells."""
    if not url.startswith("sqlite:///"):
        counter = count()
        return lambda: next(counter)
    log = Path(unquote(url.removeprefix("sqlite:///").partition("?")[0]) + "-wal")

    def stat() -> object:
        try:
            found = log.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    return stat
