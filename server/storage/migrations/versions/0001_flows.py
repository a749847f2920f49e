"""Flows: identity, head, op log, snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flows",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_flows"),
    )
    op.create_table(
        "heads",
        sa.Column("flow_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("unsaved", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name="fk_heads_flow_id"),
        sa.PrimaryKeyConstraint("flow_id", name="pk_heads"),
    )
    op.create_index("ix_heads_updated_at", "heads", ["updated_at"])
    op.create_table(
        "commits",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("flow_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reverts", sa.Text(), nullable=True),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name="fk_commits_flow_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_commits"),
        sa.UniqueConstraint("flow_id", "revision", name="uq_commits_flow_id"),
    )
    op.create_table(
        "snapshots",
        sa.Column("flow_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name="fk_snapshots_flow_id"),
        sa.PrimaryKeyConstraint("flow_id", "revision", name="pk_snapshots"),
    )


def downgrade() -> None:
    for table in ("snapshots", "commits", "heads", "flows"):
        op.drop_table(table)
