"""Orders found by search: the search table, the list's indexes, saved views.

Revision: 0002
After: 0001
"""

import unicodedata

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


# SQLite's index of parts: one row for an order's address and one for its name. What it holds of an organizer is three signs.
GRAMS = """
CREATE VIRTUAL TABLE order_search_grams
USING fts5(organizer, value, content='', tokenize='trigram case_sensitive 1', detail=column)
"""
GRAMS_ROW = """
{row}.order_id * 2 + ({row}.kind = 'name'),
char(19968 + (({row}.organizer_id >> 24) & 4095), 19968 + (({row}.organizer_id >> 12) & 4095),
     19968 + ({row}.organizer_id & 4095)),
{row}.value
"""
# Nothing but constants is put together here.
GRAMS_ADDED = f"""
CREATE TRIGGER order_search_added AFTER INSERT ON order_search WHEN new.kind IN ('email', 'name') BEGIN
  INSERT INTO order_search_grams (rowid, organizer, value) VALUES ({GRAMS_ROW.format(row="new")});
END
"""  # noqa: S608
GRAMS_REMOVED = f"""
CREATE TRIGGER order_search_removed AFTER DELETE ON order_search WHEN old.kind IN ('email', 'name') BEGIN
  INSERT INTO order_search_grams (order_search_grams, rowid, organizer, value)
  VALUES ('delete', {GRAMS_ROW.format(row="old")});
END
"""  # noqa: S608
SEARCHED = {
    "orders": "SELECT id, organizer_id, id, number, buyer_email, buyer_name FROM orders",
    "tickets": "SELECT id, organizer_id, order_id, code FROM tickets",
    "payments": "SELECT id, organizer_id, order_id, payment_intent_id, charge_id FROM payments",
    "refunds": "SELECT id, organizer_id, order_id, stripe_refund_id FROM refunds",
    "disputes": "SELECT id, organizer_id, order_id, stripe_id FROM disputes",
}
KINDS = {
    "orders": ("number", "email", "name"),
    "tickets": ("ticket",),
    "payments": ("intent", "charge"),
    "refunds": ("refund",),
    "disputes": ("dispute",),
}
CODES = ("number", "ticket")
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def upgrade() -> None:
    """Apply."""
    _create_tables()
    if op.get_bind().dialect.name == "sqlite":
        for statement in (GRAMS, GRAMS_ADDED, GRAMS_REMOVED):
            op.execute(statement)
    for table in SEARCHED:
        _fill_search(table)
    if op.get_bind().dialect.name == "postgresql":
        _index_parts()
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
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE order_search_grams")


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


def _index_parts() -> None:
    """Let parts be found on PostgreSQL: rare ones by their trigrams, usual ones by walking along the newest orders."""
    for extension in ("pg_trgm", "btree_gin"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.execute(
        "CREATE INDEX ix_order_search_parts ON order_search USING gin (organizer_id, value gin_trgm_ops) "
        "WHERE kind IN ('email', 'name')"
    )
    op.execute(
        "CREATE INDEX ix_order_search_newest ON order_search (organizer_id, order_id) WHERE kind IN ('email', 'name')"
    )


def _fill_search(table: str) -> None:
    """Let the orders that are there already be found."""
    database = op.get_bind()
    add = sa.text(
        "INSERT INTO order_search (organizer_id, kind, value, order_id) VALUES (:organizer, :kind, :value, :order) "
        "ON CONFLICT DO NOTHING"
    )
    last = 0
    while rows := database.execute(
        sa.text(f"{SEARCHED[table]} WHERE id > :last ORDER BY id LIMIT {BATCH}"), {"last": last}
    ).all():
        found = [
            {"organizer": organizer, "kind": kind, "value": _folded(kind, text), "order": order}
            for _, organizer, order, *texts in rows
            for kind, text in zip(KINDS[table], texts, strict=True)
            if text
        ]
        if found:
            database.execute(add, found)
        last = rows[-1][0]


def _folded(kind: str, text: str) -> str:
    """What orders are compared by at this revision."""
    if kind in CODES:
        upper = "".join(c for c in text.upper() if c.isalnum())
        return upper.translate(str.maketrans({"I": "1", "L": "1", "O": "0"})).lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(PLAIN)
    return " ".join(plain.split())[:254]


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
