"""Orders of a bulk refund that wait for a second person: who approved them first.

Revision: 0010
After: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("bulk_orders", sa.Column("first_by_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("bulk_orders", "first_by_id")
