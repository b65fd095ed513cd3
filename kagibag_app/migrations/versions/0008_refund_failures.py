"""Refunds made at Stripe that somebody has to allocate, and money that went back another way than by Stripe.

Revision: 0008
After: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TO_ALLOCATE = sa.text("needs_allocation")


def upgrade() -> None:
    """Apply: what was imported before stays shared as it is."""
    op.add_column(
        "refunds", sa.Column("needs_allocation", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("refunds", sa.Column("returned_by", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "ix_refunds_to_allocate",
        "refunds",
        ["organizer_id"],
        sqlite_where=_TO_ALLOCATE,
        postgresql_where=_TO_ALLOCATE,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_refunds_to_allocate", "refunds")
    op.drop_column("refunds", "returned_by")
    op.drop_column("refunds", "needs_allocation")
