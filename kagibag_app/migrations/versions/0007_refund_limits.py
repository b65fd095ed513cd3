"""What a manager may give back alone, who approved first, who looks at a request, refunds that keep their tickets.

Revision: 0007
After: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Apply: nobody is limited, nothing waits for a second person."""
    op.add_column(
        "organizers", sa.Column("manager_refund_limits", _DOCUMENT, nullable=False, server_default="{}")
    )
    op.add_column("refund_requests", sa.Column("proposal", _DOCUMENT, nullable=False, server_default="{}"))
    op.add_column("refund_requests", sa.Column("made_by_id", sa.Integer(), nullable=True))
    op.add_column("refund_requests", sa.Column("made_by", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "refund_requests", sa.Column("cancels_order", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "refunds", sa.Column("keeps_tickets", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("refunds", sa.Column("alone_by_id", sa.Integer(), nullable=True))
    op.create_table(
        "refund_reviewers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organizer_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tab", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizers.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["refund_requests.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tab"),
    )
    op.create_index("ix_refund_reviewers_request", "refund_reviewers", ["organizer_id", "request_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_refund_reviewers_request", "refund_reviewers")
    op.drop_table("refund_reviewers")
    op.drop_column("refunds", "alone_by_id")
    op.drop_column("refunds", "keeps_tickets")
    op.drop_column("refund_requests", "cancels_order")
    op.drop_column("refund_requests", "made_by")
    op.drop_column("refund_requests", "made_by_id")
    op.drop_column("refund_requests", "proposal")
    op.drop_column("organizers", "manager_refund_limits")
