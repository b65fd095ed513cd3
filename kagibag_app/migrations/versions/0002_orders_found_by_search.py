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
PROMOTED = sa.text("promotion_id IS NOT NULL")
LIST_INDEXES = {
    "ix_orders_event": ("event_id placed_at id source", None),
    "ix_orders_status": ("status placed_at id source", None),
    "ix_orders_event_status": ("event_id status placed_at id source", None),
    "ix_orders_source": ("source placed_at id", None),
    "ix_orders_source_status": ("source status placed_at id", None),
    "ix_orders_total": ("currency total_minor id placed_at status source", None),
    "ix_orders_event_total": ("event_id currency total_minor id placed_at status source", None),
    "ix_orders_refund_state": ("refund_state placed_at id event_id source promotion_id", REFUNDED),
    "ix_orders_dispute_state": ("dispute_state placed_at id event_id source promotion_id", DISPUTED),
    "ix_orders_promotion": ("promotion_id placed_at id event_id source", PROMOTED),
    "ix_orders_promotion_status": ("promotion_id status placed_at id event_id source", PROMOTED),
}


# SQLite's index of parts: one row for an order's address and one for its name. What it holds of an organizer is three signs.
GRAMS = """
CREATE VIRTUAL TABLE order_search_grams
USING fts5(organizer, value, content='', columnsize=0, tokenize='trigram case_sensitive 1', detail=none)
"""
GRAMS_ROW = """
{row}.order_id * 2 + ({row}.kind = 'name'),
char(57344 + (({row}.organizer_id >> 24) & 4095), 57344 + (({row}.organizer_id >> 12) & 4095),
     57344 + ({row}.organizer_id & 4095)),
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
    _note_promotions()
    op.drop_index("ix_orders_event_id", table_name="orders")
    op.drop_index("ix_orders_email", table_name="orders")
    op.create_index("ix_orders_email", "orders", ["email_key", "organizer_id"])
    for name, (columns, condition) in LIST_INDEXES.items():
        op.create_index(
            name,
            "orders",
            ["organizer_id", *columns.split()],
            sqlite_where=condition,
            postgresql_where=condition,
        )


def downgrade() -> None:
    """Take back."""
    for name in (*LIST_INDEXES, "ix_orders_email"):
        op.drop_index(name, table_name="orders")
    op.create_index("ix_orders_email", "orders", ["organizer_id", "email_key"])
    op.create_index("ix_orders_event_id", "orders", ["event_id"])
    op.drop_column("orders", "promotion_id")
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
        # A search reads the whole list of what was not sorted in yet: it is kept short.
        "WITH (gin_pending_list_limit = 256) "
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


def _note_promotions() -> None:
    """Repeat on each order which promotion was applied to it."""
    op.add_column("orders", sa.Column("promotion_id", sa.Integer(), nullable=True))
    database = op.get_bind()
    last = database.scalar(sa.text("SELECT max(order_id) FROM applied_promotions")) or 0
    for first in range(1, last + 1, BATCH):
        database.execute(
            sa.text(
                "UPDATE orders SET promotion_id = (SELECT min(promotion_id) FROM applied_promotions "
                "WHERE applied_promotions.order_id = orders.id) WHERE id >= :first AND id < :beyond"
            ),
            {"first": first, "beyond": first + BATCH},
        )
