"""Runs Alembic on a connection that is already inside a transaction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Connection


def config() -> Config:
    """Alembic's configuration, without a file."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return settings


def known_revisions() -> set[str]:
    """Every schema that this release can start from."""
    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def upgrade(connection: Connection) -> None:
    """Bring the tables up to date; the caller's transaction makes it all or nothing."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
