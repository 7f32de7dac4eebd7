"""Alembic's entry: always run inside a connection that `selfserve.store.migrations` hands over."""

from alembic import context

from selfserve.store import tables  # noqa: F401  (fills the metadata)
from selfserve.store.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
