"""Copied apps are known by any of their secrets"""

import sqlalchemy as sa
from alembic import op

import selfserve.store.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaced_at", selfserve.store.base.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("family", sa.String(length=43), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("ended_why", sa.String(length=20), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.drop_column("ended_why")
        batch_op.drop_column("family")
        batch_op.drop_column("replaced_at")
