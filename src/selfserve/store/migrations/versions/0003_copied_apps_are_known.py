"""Copied apps are known by any of their secrets, and codes end with the session that gave them"""

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
    with op.batch_alter_table("device_code", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sign_in_id", sa.String(length=36), nullable=True))
        batch_op.create_index(batch_op.f("ix_device_code_sign_in_id"), ["sign_in_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_device_code_sign_in_id_sign_in"), "sign_in", ["sign_in_id"], ["id"], ondelete="CASCADE"
        )


def downgrade() -> None:
    with op.batch_alter_table("device_code", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_device_code_sign_in_id_sign_in"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_device_code_sign_in_id"))
        batch_op.drop_column("sign_in_id")
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.drop_column("ended_why")
        batch_op.drop_column("family")
        batch_op.drop_column("replaced_at")
