"""Orders found by search: the search table, the list's indexes, saved views.

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 5_000
BYTEWISE = sa.String().with_variant(postgresql.VARCHAR(collation="C"), "postgresql")
REFUNDED = sa.text("refund_state <> 'none'")
DISPUTED = sa.text("dispute_state <> 'none'")
LIST_INDEXES = {
    "ix_orders_event": ["organizer_id", "event_id", "placed_at", "id"],
    "ix_orders_status": ["organizer_id", "status", "placed_at", "id"],
    "ix_orders_event_status": ["organizer_id", "event_id", "status", "placed_at", "id"],
    "ix_orders_source": ["organizer_id", "source", "placed_at", "id"],
    "ix_orders_total": ["organizer_id", "currency", "total_minor", "id"],
}
PARTIAL_INDEXES = {
    "ix_orders_refund_state": (["organizer_id", "refund_state", "placed_at", "id"], REFUNDED),
    "ix_orders_dispute_state": (["organizer_id", "dispute_state", "placed_at", "id"], DISPUTED),
}


def upgrade() -> None:
    """Apply."""
    _create_tables()
    _date_applied_promotions()
    for name, columns in LIST_INDEXES.items():
        op.create_index(name, "orders", columns)
    for name, (columns, condition) in PARTIAL_INDEXES.items():
        op.create_index(name, "orders", columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    """Take back."""
    for name in (*LIST_INDEXES, *PARTIAL_INDEXES):
        op.drop_index(name, table_name="orders")
    op.drop_index("ix_applied_promotions_list", table_name="applied_promotions")
    with op.batch_alter_table("applied_promotions") as batch_op:
        batch_op.drop_column("placed_at")
    op.drop_table("saved_views")
    op.drop_table("order_search")


def _create_tables() -> None:
    op.create_table(
        "order_search",
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", BYTEWISE, nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organizer_id", "kind", "value", "order_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_order_search_order", "order_search", ["order_id", "kind"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("public_id"),
        sa.UniqueConstraint("organizer_id", "user_id", "name"),
    )
    op.create_index("ix_saved_views_user_id", "saved_views", ["user_id"])


def _date_applied_promotions() -> None:
    op.add_column("applied_promotions", sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))
    database = op.get_bind()
    last = database.scalar(sa.text("SELECT max(id) FROM applied_promotions")) or 0
    for first in range(1, last + 1, BATCH):
        database.execute(
            sa.text(
                "UPDATE applied_promotions SET placed_at = "
                "(SELECT placed_at FROM orders WHERE orders.id = applied_promotions.order_id) "
                "WHERE id >= :first AND id < :beyond"
            ),
            {"first": first, "beyond": first + BATCH},
        )
    with op.batch_alter_table("applied_promotions") as batch_op:
        batch_op.alter_column("placed_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_index(
        "ix_applied_promotions_list",
        "applied_promotions",
        ["organizer_id", "promotion_id", "placed_at", "order_id"],
    )
