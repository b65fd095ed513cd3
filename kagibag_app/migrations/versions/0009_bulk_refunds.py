"""Refunds of many orders together: runs, their orders, and the pace at which they go to Stripe.

Revision: 0009
After: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "refunds", sa.Column("keeps_seats", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "refund_paces",
        sa.Column("account", sa.String(), primary_key=True),
        sa.Column("interval_ms", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slowed_at", sa.DateTime(timezone=True), nullable=True),
    )
    _runs()
    _orders()


def _runs() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("public_id", sa.String(), nullable=False, unique=True),
        sa.Column("organizer_id", sa.Integer(), sa.ForeignKey("organizers.id"), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("ends_tickets", sa.Boolean(), nullable=False),
        sa.Column("keeps_seats", sa.Boolean(), nullable=False),
        sa.Column("cancels_orders", sa.Boolean(), nullable=False),
        sa.Column("with_checked_in", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("balance", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("acting_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("acting", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_bulk_runs_list", "bulk_runs", ["organizer_id", "id"])


def _orders() -> None:
    op.create_table(
        "bulk_orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("bulk_runs.id"), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("checked_in", sa.Integer(), nullable=False),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Integer(), sa.ForeignKey("refunds.id"), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("run_id", "order_id"),
    )
    op.create_index("ix_bulk_orders_state", "bulk_orders", ["run_id", "state", "id"])
    op.create_index("ix_bulk_orders_refund_id", "bulk_orders", ["refund_id"])


def downgrade() -> None:
    """Take back: what was refunded stays refunded, only which run it belonged to is forgotten."""
    op.drop_table("bulk_orders")
    op.drop_table("bulk_runs")
    op.drop_table("refund_paces")
    op.drop_column("refunds", "keeps_seats")
