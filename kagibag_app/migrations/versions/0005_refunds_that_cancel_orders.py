"""Refunds that cancel their order and name their tickets, orders that wait to be cancelled, who checked a ticket in.

Revision: 0005
After: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: nothing that exists cancels anything."""
    op.add_column(
        "refunds", sa.Column("cancels_order", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("orders", sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("cancel_message", sa.Text(), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("checked_in_by", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "refund_tickets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"]),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("refund_id", "ticket_id"),
    )
    op.create_index("ix_refund_tickets_ticket_id", "refund_tickets", ["ticket_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_refund_tickets_ticket_id", "refund_tickets")
    op.drop_table("refund_tickets")
    op.drop_column("tickets", "checked_in_by")
    op.drop_column("orders", "cancel_message")
    op.drop_column("orders", "cancel_asked_at")
    op.drop_column("refunds", "cancels_order")
