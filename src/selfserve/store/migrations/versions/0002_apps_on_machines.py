"""Apps on customers' machines"""

import sqlalchemy as sa
from alembic import op

import selfserve.store.base

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("former_hash", sa.String(length=64), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("authenticated_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("agent", sa.String(length=100), nullable=False),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("facts_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("created_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("ends_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_device_token_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_token")),
    )
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_token_issuer_subject"), ["issuer", "subject"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "device_code",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("token_id", sa.String(length=36), nullable=True),
        sa.Column("challenge", sa.String(length=43), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("authenticated_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("ends_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("used_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('grant', 'entry')", name=op.f("ck_device_code_kind")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_device_code_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["device_token.id"], name=op.f("fk_device_code_token_id_device_token"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_device_code")),
    )
    with op.batch_alter_table("device_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_code_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_code_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_code_token_id"), ["token_id"], unique=False)

    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.add_column(sa.Column("device_token_id", sa.String(length=36), nullable=True))
        batch_op.create_index(batch_op.f("ix_sign_in_device_token_id"), ["device_token_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_sign_in_device_token_id_device_token"),
            "device_token",
            ["device_token_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.add_column("request", sa.Column("device", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("request", "device")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sign_in_device_token_id_device_token"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_sign_in_device_token_id"))
        batch_op.drop_column("device_token_id")
    op.drop_table("device_code")
    op.drop_table("device_token")
