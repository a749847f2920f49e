"""Opening the database: its tables, its durability, and who may open it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from server.errors import StorageError
from server.settings import Settings
from server.storage.database import open_database
from server.storage.migrations.upgrade import config
from server.storage.schema import SCHEMA_REVISION, metadata
from tests.doors import PATIENCE, ROOT

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sqlalchemy import Connection

WAL_RESET_FIX: Final = (3, 51, 3)
"""Before this release two processes that reset the log at once could corrupt the database."""

OPENER: Final = """
import sys
from server.storage.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1]).dispose()
print(",".join(name for name in ("alembic", "mako") if name in sys.modules) or "lean")
"""


def sqlite(folder: Path) -> str:
    return Settings(data_dir=folder).resolved_database_url()


@contextmanager
def opened(url: str) -> Generator[Connection]:
    engine = open_database(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def start_opener(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPENER, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def open_in_other_processes(url: str, number: int) -> list[str]:
    """Open the database in several processes at the same moment; what each said last."""
    openers = [start_opener(url) for _ in range(number)]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("\n")
        opener.stdin.flush()
    return [said.strip() or errors for said, errors in (opener.communicate(timeout=PATIENCE) for opener in openers)]


def test_a_fresh_database_has_the_present_tables(tmp_path: Path) -> None:
    with opened(sqlite(tmp_path)) as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == SCHEMA_REVISION


def test_the_migrations_make_what_the_code_declares(tmp_path: Path) -> None:
    with opened(sqlite(tmp_path)) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_schema_that_needs_no_migration_is_the_last_one() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == SCHEMA_REVISION


def test_a_commit_is_on_disk_when_it_is_acknowledged(tmp_path: Path) -> None:
    with opened(sqlite(tmp_path)) as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    full = 2
    assert pragmas == {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1}


def test_the_sqlite_in_use_has_the_fix_of_its_log(tmp_path: Path) -> None:
    with opened(sqlite(tmp_path)) as connection:
        version = connection.execute(text("SELECT sqlite_version()")).scalar_one()
    assert tuple(int(part) for part in version.split(".")) >= WAL_RESET_FIX


def test_a_database_that_is_up_to_date_is_opened_without_alembic(tmp_path: Path) -> None:
    url = sqlite(tmp_path)
    assert open_in_other_processes(url, 1) == ["alembic,mako"]
    assert open_in_other_processes(url, 1) == ["lean"]


def test_processes_that_start_at_once_on_an_empty_directory_all_open_it(tmp_path: Path) -> None:
    said = open_in_other_processes(sqlite(tmp_path), 3)
    assert set(said) <= {"alembic,mako", "lean"}, said
    with opened(sqlite(tmp_path)) as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_a_database_of_a_newer_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = sqlite(tmp_path)
    with opened(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="'9999', which this release does not know: use a newer release"):
        open_database(url)


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "autopilot.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="the database cannot be opened: file is not a database") as caught:
        open_database(sqlite(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["with space", "um#laut é", "per%20cent", "colon:s", "what?"])
def test_a_data_directory_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with opened(sqlite(folder)):
        pass
    assert (folder / "autopilot.db").exists()
