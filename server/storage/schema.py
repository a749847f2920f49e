"""The tables. `migrations/` brings a database to this shape; a test holds the two together."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

SCHEMA_REVISION: Final = "0001"
"""The migration that makes these tables. Known here so that a current database needs no Alembic."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

flows = Table(
    "flows",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    # Kept after deletion, so that an id is never given to another flow.
    Column("deleted_at", Text),
)

# A row of its own: beside a large document it would cost a rewrite of the document at every edit.
heads = Table(
    "heads",
    metadata,
    Column("flow_id", Text, ForeignKey("flows.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("updated_at", Text, nullable=False),
    # Bytes of changes since the last snapshot: decides when the next one pays.
    Column("unsaved", Integer, nullable=False),
)

commits = Table(
    "commits",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("flow_id", Text, ForeignKey("flows.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text),
    Column("reverts", Text),
    Column("changes", Text, nullable=False),
    UniqueConstraint("flow_id", "revision"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("flow_id", Text, ForeignKey("flows.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("document", Text, nullable=False),
)

Index("ix_heads_updated_at", heads.c.updated_at)
