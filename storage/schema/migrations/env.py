"""Alembic's entry: run the migrations on the connection that `storage.migrate` opened."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script

from storage.schema.installation import FIRST_RECORDED, schema_revisions
from storage.schema.tables import metadata


def record(ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:
    """Keep the oldest code that can run on the schema, in the transaction that makes the schema."""
    script, connection = step.up_revision, ctx.connection
    if not isinstance(script, Script) or connection is None or script.revision < FIRST_RECORDED:
        return
    if step.is_upgrade:
        row = {"revision": script.revision, "oldest_code": script.module.oldest_code}
        connection.execute(schema_revisions.insert(), row)
    elif script.revision > FIRST_RECORDED:
        connection.execute(schema_revisions.delete().where(schema_revisions.c.revision == script.revision))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    on_version_apply=record,
)
with context.begin_transaction():
    context.run_migrations()
