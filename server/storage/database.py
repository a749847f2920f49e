"""Opening the database: the driver, its durability, and its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import make_url

from server.errors import StorageError
from server.storage.schema import SCHEMA_REVISION

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

BUSY_SECONDS: Final = 5
"""How long a write waits for another process's write."""


def open_database(url: str) -> Engine:
    """An engine on a database that has the present tables.

    Raises:
        StorageError: the database cannot be opened or was written by a newer release.
    """
    try:
        engine = _engine(url)
        with engine.begin() as connection:
            _bring_up_to_date(connection)
    except StorageError:
        raise
    except Exception as error:
        # The URL may hold a password; the driver's own words do not repeat it.
        words = " ".join(str(getattr(error, "orig", None) or error).split())
        message = f"the database cannot be opened: {words}"
        raise StorageError(message) from error
    return engine


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_size=1, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        parsed,
        # Debian's and most Pythons' own SQLite still loses pages when two processes reset the WAL at once.
        module=pysqlite3.dbapi2,
        pool_size=1,
        max_overflow=0,
        # What people write into flows stays out of errors and logs.
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once when another process wrote between.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _bring_up_to_date(connection: Connection) -> None:
    found = _revision(connection)
    if found == SCHEMA_REVISION:
        return
    # Alembic takes a second to import: only a database that needs it pays.
    from server.storage.migrations.upgrade import known_revisions, upgrade  # noqa: PLC0415

    if found is not None and found not in known_revisions():
        message = f"the database has schema {found!r}, which this release does not know: use a newer release"
        raise StorageError(message)
    upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
