"""The first schema"""

import sqlalchemy as sa
from alembic import op

import selfserve.store.base

revision = "0001e"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_seal_hash")),
    )
    op.create_table(
        "certificate",
        sa.Column("belongs_to", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("ends_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("looked_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("belongs_to", "address", name=op.f("pk_certificate")),
    )
    op.create_table(
        "connector_health",
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("checked_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("changed_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connector", name=op.f("pk_connector_health")),
    )
    op.create_table(
        "executor_lease",
        sa.Column("executor", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("began_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("beaten_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("circuits", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("executor", name=op.f("pk_executor_lease")),
    )
    with op.batch_alter_table("executor_lease", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_executor_lease_beaten_at"), ["beaten_at"], unique=False)

    op.create_table(
        "good_catalog",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("since", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_good_catalog")),
    )
    op.create_table(
        "item_version",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("first_seen_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_version")),
        sa.UniqueConstraint("item_id", "digest", name=op.f("uq_item_version_item_id_digest")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("dn", sa.String(length=1024), nullable=False),
        sa.Column("login", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("given_name", sa.String(length=255), nullable=False),
        sa.Column("department", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("location", sa.String(length=255), nullable=False),
        sa.Column("employee_type", sa.String(length=255), nullable=False),
        sa.Column("human", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("manager_id", sa.String(length=36), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("gone_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("seen_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["person.id"], name=op.f("fk_person_manager_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("key", name=op.f("uq_person_key")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_human"), ["human"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_login"), ["login"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_manager_id"), ["manager_id"], unique=False)

    op.create_table(
        "pulse",
        sa.Column("at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_pulse")),
    )
    op.create_table(
        "seat_pool",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_seat_pool")),
    )
    op.create_table(
        "sync_mark",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("stamp", sa.String(length=255), nullable=False),
        sa.Column("full_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("ran_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_sync_mark")),
    )
    op.create_table(
        "takeover",
        sa.Column("order_id", sa.String(length=255), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_takeover")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("ends_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("revoked_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_api_token_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("person_id", "label", name=op.f("uq_api_token_person_id_label")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_token_secret_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "audit_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("stream", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("tell", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["audit_seal.id"], name=op.f("fk_audit_event_seal_id_audit_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("stream", "number", name=op.f("uq_audit_event_stream_number")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_event_seal_id_id"), ["seal_id", "id"], unique=False)
        batch_op.create_index(
            "ix_audit_event_unsealed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("seal_id IS NULL"),
            postgresql_where=sa.text("seal_id IS NULL"),
        )

    op.create_table(
        "draft",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("changed_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_draft_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "item_id", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_changed_at"), ["changed_at"], unique=False)

    op.create_table(
        "preference",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("mail", sa.String(length=10), nullable=False),
        sa.Column("hint_closed_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("mail IN ('at_once', 'digest', 'needed')", name=op.f("ck_preference_mail")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_preference_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_preference")),
    )
    op.create_table(
        "held_grant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("holding", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("ends_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("ended_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("timers", sa.Integer(), nullable=False),
        sa.Column("revoke_attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('promised', 'active', 'ending', 'ended', 'revoke_failed')", name=op.f("ck_held_grant_state")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["person.id"], name=op.f("fk_held_grant_customer_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_grant")),
    )
    with op.batch_alter_table("held_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_grant_customer_id_state"), ["customer_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_held_grant_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_held_grant_state_ends_at"), ["state", "ends_at"], unique=False)
        batch_op.create_index(
            "uq_held_grant_live",
            ["customer_id", "holding"],
            unique=True,
            sqlite_where=sa.text("state <> 'ended'"),
            postgresql_where=sa.text("state <> 'ended'"),
        )

    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("linked_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_identity_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_person_id"), ["person_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("event", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.Column("made_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("read_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("mail", sa.String(length=10), nullable=False),
        sa.Column("mail_tries", sa.Integer(), nullable=False),
        sa.Column("mail_next_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("mailed_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("mail_error", sa.Text(), nullable=False),
        sa.CheckConstraint("mail IN ('none', 'waiting', 'sending', 'sent', 'refused')", name=op.f("ck_notice_mail")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("event", "person_id", "mailbox", name=op.f("uq_notice_event_person_id_mailbox")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_person_id_made_at"), ["person_id", "made_at"], unique=False)
        batch_op.create_index(
            "ix_notice_to_mail",
            ["mail_next_at"],
            unique=False,
            sqlite_where=sa.text("mail IN ('waiting', 'sending')"),
            postgresql_where=sa.text("mail IN ('waiting', 'sending')"),
        )
        batch_op.create_index(
            "ix_notice_unread",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index(
            "uq_notice_mailbox",
            ["event", "mailbox"],
            unique=True,
            sqlite_where=sa.text("person_id IS NULL"),
            postgresql_where=sa.text("person_id IS NULL"),
        )

    op.create_table(
        "person_group",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("group_name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_group_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "group_name", name=op.f("pk_person_group")),
    )
    with op.batch_alter_table("person_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_group_group_name"), ["group_name"], unique=False)

    op.create_table(
        "request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("asked_by_id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=100), nullable=False),
        sa.Column("item_version_id", sa.String(length=36), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("answers_shown", sa.JSON(), nullable=False),
        sa.Column("answers_digest", sa.String(length=64), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("device", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("promised_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("closed_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("shown_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('awaiting_approval', 'approved', 'denied', 'expired', 'cancelled', 'superseded', 'fulfilling', 'fulfilled', 'partly_fulfilled', 'handed_over', 'failed')",
            name=op.f("ck_request_state"),
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_request_asked_by_id_person")),
        sa.ForeignKeyConstraint(["customer_id"], ["person.id"], name=op.f("fk_request_customer_id_person")),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_version.id"], name=op.f("fk_request_item_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("name", name=op.f("uq_request_name")),
    )
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_asked_by_id"), ["asked_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_customer_id_asked_at"), ["customer_id", "asked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_request_item_id"), ["item_id"], unique=False)
        batch_op.create_index(
            "ix_request_lately",
            ["item_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'fulfilled'"),
            postgresql_where=sa.text("state = 'fulfilled'"),
        )
        batch_op.create_index(batch_op.f("ix_request_item_version_id"), ["item_version_id"], unique=False)
        batch_op.create_index(
            "ix_request_shown",
            ["shown_at"],
            unique=False,
            sqlite_where=sa.text("shown_at IS NOT NULL"),
            postgresql_where=sa.text("shown_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_request_state_asked_at"), ["state", "asked_at"], unique=False)
        batch_op.create_index(
            "uq_request_open",
            ["customer_id", "item_id", "answers_digest"],
            unique=True,
            sqlite_where=sa.text("state IN ('awaiting_approval', 'approved', 'fulfilling', 'handed_over')"),
            postgresql_where=sa.text("state IN ('awaiting_approval', 'approved', 'fulfilling', 'handed_over')"),
        )

    op.create_table(
        "seat",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("pool", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("holder", sa.String(length=320), nullable=True),
        sa.Column("taken_under", sa.String(length=200), nullable=False),
        sa.Column("taken_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["pool"], ["seat_pool.name"], name=op.f("fk_seat_pool_seat_pool"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("pool", "fingerprint", name=op.f("uq_seat_pool_fingerprint")),
        sa.UniqueConstraint("pool", "number", name=op.f("uq_seat_pool_number")),
    )
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.create_index(
            "uq_seat_holder",
            ["pool", "holder"],
            unique=True,
            sqlite_where=sa.text("holder IS NOT NULL"),
            postgresql_where=sa.text("holder IS NOT NULL"),
        )

    op.create_table(
        "seat_waiting",
        sa.Column("pool", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=320), nullable=False),
        sa.Column("since", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("wanted_under", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool"], ["seat_pool.name"], name=op.f("fk_seat_waiting_pool_seat_pool"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pool", "holder", name=op.f("pk_seat_waiting")),
    )
    with op.batch_alter_table("seat_waiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_waiting_pool_since"), ["pool", "since"], unique=False)

    op.create_table(
        "device_token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("former_hash", sa.String(length=64), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("replaced_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("family", sa.String(length=43), nullable=False),
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
        sa.Column("ended_why", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_device_token_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_token")),
    )
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_token_issuer_subject"), ["issuer", "subject"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("device_token_id", sa.String(length=36), nullable=True),
        sa.Column("provider_sid", sa.String(length=255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.Column("sealed_hint", sa.Text(), nullable=False),
        sa.Column("created_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("authenticated_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("ends_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_token_id"],
            ["device_token.id"],
            name=op.f("fk_sign_in_device_token_id_device_token"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_in_secret_hash")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_device_token_id"), ["device_token_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_provider_sid"), ["provider_sid"], unique=False)

    op.create_table(
        "device_code",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("token_id", sa.String(length=36), nullable=True),
        sa.Column("sign_in_id", sa.String(length=36), nullable=True),
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
            ["sign_in_id"], ["sign_in.id"], name=op.f("fk_device_code_sign_in_id_sign_in"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["device_token.id"], name=op.f("fk_device_code_token_id_device_token"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_device_code")),
    )
    with op.batch_alter_table("device_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_code_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_code_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_code_sign_in_id"), ["sign_in_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_code_token_id"), ["token_id"], unique=False)

    op.create_table(
        "grant_reason",
        sa.Column("grant_id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("lasts", sa.String(length=64), nullable=False),
        sa.Column("ends_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("meant", sa.String(length=64), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("ended_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("ended_because", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["held_grant.id"], name=op.f("fk_grant_reason_grant_id_held_grant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_grant_reason_request_id_request"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grant_id", "request_id", name=op.f("pk_grant_reason")),
    )
    with op.batch_alter_table("grant_reason", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_reason_request_id"), ["request_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=True),
        sa.Column("grant_id", sa.String(length=36), nullable=True),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("executor", sa.String(length=100), nullable=False),
        sa.Column("claim", sa.String(length=36), nullable=False),
        sa.Column("began_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("first_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("due_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("ended_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("purpose IN ('fulfil', 'revoke')", name=op.f("ck_run_purpose")),
        sa.CheckConstraint(
            "state IN ('claimed', 'queued', 'running', 'waiting', 'finished', 'escalated', 'stopped')",
            name=op.f("ck_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["held_grant.id"], name=op.f("fk_run_grant_id_held_grant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_run_request_id_request"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("grant_id", "purpose", "attempt", name=op.f("uq_run_grant_id_purpose_attempt")),
        sa.UniqueConstraint("request_id", "purpose", "attempt", name=op.f("uq_run_request_id_purpose_attempt")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_executor_state"), ["executor", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_state_due_at"), ["state", "due_at"], unique=False)
        batch_op.create_index(
            "uq_run_open",
            ["request_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'fulfil'"),
            postgresql_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'fulfil'"),
        )
        batch_op.create_index(
            "uq_run_open_revoke",
            ["grant_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'revoke'"),
            postgresql_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'revoke'"),
        )

    op.create_table(
        "stage",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("opened_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("due_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("closed_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("timers", sa.Integer(), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'denied', 'expired', 'cancelled')", name=op.f("ck_stage_state")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_stage_request_id_request"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_stage_request_id_position")),
    )
    with op.batch_alter_table("stage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stage_state_due_at"), ["state", "due_at"], unique=False)

    op.create_table(
        "step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("effect_key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("connector", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("resource", sa.String(length=512), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("target_state", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tell", sa.Text(), nullable=False),
        sa.Column("accepted_until", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("poll_seconds", sa.Integer(), nullable=True),
        sa.Column("verified_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("looked_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("undone_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'running', 'done', 'already_done', 'accepted', 'unknown', 'declined', 'needs_human', 'failed', 'undone')",
            name=op.f("ck_step_state"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_step_request_id_request"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_step_effect_key")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_step_request_id_position")),
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_connector_state"), ["connector", "state"], unique=False)
        batch_op.create_index(
            "ix_step_nameless",
            ["connector", "state"],
            unique=False,
            sqlite_where=sa.text("substr(resource, 1, 1) = '?'"),
            postgresql_where=sa.text("substr(resource, 1, 1) = '?'"),
        )
        batch_op.create_index(batch_op.f("ix_step_resource_state"), ["resource", "state"], unique=False)

    op.create_table(
        "ask_key",
        sa.Column("asked_by_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_ask_key_asked_by_id_person")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_ask_key_request_id_request"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("asked_by_id", "key", name=op.f("pk_ask_key")),
    )
    with op.batch_alter_table("ask_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ask_key_request_id"), ["request_id"], unique=False)

    op.create_table(
        "smile",
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("face", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("given_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("changed_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("face IN ('good', 'fair', 'poor')", name=op.f("ck_smile_face")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_smile_request_id_request"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_smile")),
    )
    with op.batch_alter_table("smile", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_smile_face"), ["face"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("stage_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'deny')", name=op.f("ck_decision_decision")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id_person")),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_decision_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("stage_id", "person_id", name=op.f("uq_decision_stage_id_person_id")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_person_id"), ["person_id"], unique=False)

    op.create_table(
        "escalation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=True),
        sa.Column("grant_id", sa.String(length=36), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("step_id", sa.String(length=36), nullable=True),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("todo", sa.JSON(), nullable=False),
        sa.Column("team", sa.String(length=100), nullable=False),
        sa.Column("runbook", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("taken_by_id", sa.String(length=36), nullable=True),
        sa.Column("taken_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("opened_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("due_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("rises_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.Column("reminded_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("closed_at", selfserve.store.base.Instant(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.String(length=36), nullable=True),
        sa.Column("exit", sa.String(length=20), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "exit IS NULL OR exit IN ('retried', 'done_by_hand', 'cannot', 'solved_itself', 'withdrawn')",
            name=op.f("ck_escalation_exit"),
        ),
        sa.CheckConstraint("state IN ('open', 'taken', 'retrying', 'closed')", name=op.f("ck_escalation_state")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_escalation_closed_by_id_person")),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["held_grant.id"], name=op.f("fk_escalation_grant_id_held_grant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_escalation_request_id_request"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_escalation_run_id_run"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_escalation_step_id_step"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["person.id"], name=op.f("fk_escalation_taken_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_grant_id"), ["grant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_state_due_at"), ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_state_rises_at"), ["state", "rises_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_taken_by_id"), ["taken_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_escalation_team_state"), ["team", "state"], unique=False)
        batch_op.create_index(
            "uq_escalation_open",
            ["subject"],
            unique=True,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )

    op.create_table(
        "stage_approver",
        sa.Column("stage_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("because", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_stage_approver_person_id_person")),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name=op.f("fk_stage_approver_stage_id_stage"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stage_id", "person_id", name=op.f("pk_stage_approver")),
    )
    with op.batch_alter_table("stage_approver", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stage_approver_person_id"), ["person_id"], unique=False)

    op.create_table(
        "watcher",
        sa.Column("tab", sa.String(length=36), nullable=False),
        sa.Column("escalation_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("seen_at", selfserve.store.base.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_watcher_escalation_id_escalation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_watcher_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tab", name=op.f("pk_watcher")),
    )
    with op.batch_alter_table("watcher", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watcher_escalation_id"), ["escalation_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("watcher", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watcher_escalation_id"))

    op.drop_table("watcher")
    with op.batch_alter_table("smile", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_smile_face"))

    op.drop_table("smile")
    with op.batch_alter_table("ask_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ask_key_request_id"))

    op.drop_table("ask_key")
    with op.batch_alter_table("stage_approver", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stage_approver_person_id"))

    op.drop_table("stage_approver")
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_escalation_open",
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index(batch_op.f("ix_escalation_team_state"))
        batch_op.drop_index(batch_op.f("ix_escalation_taken_by_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_state_rises_at"))
        batch_op.drop_index(batch_op.f("ix_escalation_state_due_at"))
        batch_op.drop_index(batch_op.f("ix_escalation_request_id"))
        batch_op.drop_index(batch_op.f("ix_escalation_grant_id"))

    op.drop_table("escalation")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_person_id"))

    op.drop_table("decision")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_step_nameless",
            sqlite_where=sa.text("substr(resource, 1, 1) = '?'"),
            postgresql_where=sa.text("substr(resource, 1, 1) = '?'"),
        )
        batch_op.drop_index(batch_op.f("ix_step_resource_state"))
        batch_op.drop_index(batch_op.f("ix_step_connector_state"))

    op.drop_table("step")
    with op.batch_alter_table("stage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stage_state_due_at"))

    op.drop_table("stage")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_run_open_revoke",
            sqlite_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'revoke'"),
            postgresql_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'revoke'"),
        )
        batch_op.drop_index(
            "uq_run_open",
            sqlite_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'fulfil'"),
            postgresql_where=sa.text("state IN ('claimed', 'queued', 'running', 'waiting') AND purpose = 'fulfil'"),
        )
        batch_op.drop_index(batch_op.f("ix_run_state_due_at"))
        batch_op.drop_index(batch_op.f("ix_run_executor_state"))

    op.drop_table("run")
    with op.batch_alter_table("grant_reason", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_reason_request_id"))

    op.drop_table("grant_reason")
    with op.batch_alter_table("device_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_code_token_id"))
        batch_op.drop_index(batch_op.f("ix_device_code_sign_in_id"))
        batch_op.drop_index(batch_op.f("ix_device_code_person_id"))
        batch_op.drop_index(batch_op.f("ix_device_code_ends_at"))

    op.drop_table("device_code")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_provider_sid"))
        batch_op.drop_index(batch_op.f("ix_sign_in_person_id"))
        batch_op.drop_index(batch_op.f("ix_sign_in_ends_at"))
        batch_op.drop_index(batch_op.f("ix_sign_in_device_token_id"))

    op.drop_table("sign_in")
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_token_person_id"))
        batch_op.drop_index(batch_op.f("ix_device_token_issuer_subject"))

    op.drop_table("device_token")
    with op.batch_alter_table("seat_waiting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seat_waiting_pool_since"))

    op.drop_table("seat_waiting")
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_seat_holder", sqlite_where=sa.text("holder IS NOT NULL"), postgresql_where=sa.text("holder IS NOT NULL")
        )

    op.drop_table("seat")
    with op.batch_alter_table("request", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_request_open",
            sqlite_where=sa.text("state IN ('awaiting_approval', 'approved', 'fulfilling', 'handed_over')"),
            postgresql_where=sa.text("state IN ('awaiting_approval', 'approved', 'fulfilling', 'handed_over')"),
        )
        batch_op.drop_index(
            "ix_request_lately",
            sqlite_where=sa.text("state = 'fulfilled'"),
            postgresql_where=sa.text("state = 'fulfilled'"),
        )
        batch_op.drop_index(batch_op.f("ix_request_state_asked_at"))
        batch_op.drop_index(
            "ix_request_shown",
            sqlite_where=sa.text("shown_at IS NOT NULL"),
            postgresql_where=sa.text("shown_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_request_item_version_id"))
        batch_op.drop_index(batch_op.f("ix_request_item_id"))
        batch_op.drop_index(batch_op.f("ix_request_customer_id_asked_at"))
        batch_op.drop_index(batch_op.f("ix_request_closed_at"))
        batch_op.drop_index(batch_op.f("ix_request_asked_by_id"))

    op.drop_table("request")
    with op.batch_alter_table("person_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_group_group_name"))

    op.drop_table("person_group")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_notice_mailbox",
            sqlite_where=sa.text("person_id IS NULL"),
            postgresql_where=sa.text("person_id IS NULL"),
        )
        batch_op.drop_index(
            "ix_notice_unread", sqlite_where=sa.text("read_at IS NULL"), postgresql_where=sa.text("read_at IS NULL")
        )
        batch_op.drop_index(
            "ix_notice_to_mail",
            sqlite_where=sa.text("mail IN ('waiting', 'sending')"),
            postgresql_where=sa.text("mail IN ('waiting', 'sending')"),
        )
        batch_op.drop_index(batch_op.f("ix_notice_person_id_made_at"))

    op.drop_table("notice")
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identity_person_id"))

    op.drop_table("identity")
    op.drop_table("preference")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_changed_at"))

    op.drop_table("draft")
    with op.batch_alter_table("held_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_held_grant_live", sqlite_where=sa.text("state <> 'ended'"), postgresql_where=sa.text("state <> 'ended'")
        )
        batch_op.drop_index(batch_op.f("ix_held_grant_state_ends_at"))
        batch_op.drop_index(batch_op.f("ix_held_grant_item_id"))
        batch_op.drop_index(batch_op.f("ix_held_grant_customer_id_state"))

    op.drop_table("held_grant")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_audit_event_unsealed",
            sqlite_where=sa.text("seal_id IS NULL"),
            postgresql_where=sa.text("seal_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_audit_event_seal_id_id"))
        batch_op.drop_index(batch_op.f("ix_audit_event_at"))

    op.drop_table("audit_event")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_person_id"))

    op.drop_table("api_token")
    op.drop_table("takeover")
    op.drop_table("sync_mark")
    op.drop_table("seat_pool")
    op.drop_table("pulse")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_manager_id"))
        batch_op.drop_index(batch_op.f("ix_person_login"))
        batch_op.drop_index(batch_op.f("ix_person_human"))
        batch_op.drop_index(batch_op.f("ix_person_email"))

    op.drop_table("person")
    op.drop_table("item_version")
    op.drop_table("good_catalog")
    with op.batch_alter_table("executor_lease", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_executor_lease_beaten_at"))

    op.drop_table("executor_lease")
    op.drop_table("connector_health")
    op.drop_table("certificate")
    op.drop_table("audit_seal")
