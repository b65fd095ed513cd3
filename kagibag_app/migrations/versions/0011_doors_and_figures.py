"""What the members call the door at which a ticket was checked in, and the ledger in the order of its days.

Revision: 0011
After: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("tickets", sa.Column("checked_in_door", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "ix_ledger_days",
        "ledger_entries",
        [
            "organizer_id",
            "at",
            "kind",
            "settlement_currency",
            "settlement_minor",
            "presentment_currency",
            "presentment_minor",
        ],
    )
    # Its beginning is the new one's.
    op.drop_index("ix_ledger_entries_organizer_id", "ledger_entries")


def downgrade() -> None:
    """Take back."""
    op.create_index("ix_ledger_entries_organizer_id", "ledger_entries", ["organizer_id"])
    op.drop_index("ix_ledger_days", "ledger_entries")
    op.drop_column("tickets", "checked_in_door")
