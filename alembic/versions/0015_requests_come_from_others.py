"""Requests come from other systems, and from servers that are followed.

`source_hash` is of what the other system said last of a request. While it says the same nothing is
changed, whatever was done here since; so an import may be repeated, and one that was cut short goes
on where it ended.

A mirror remembers up to where a server was read: `loaded` is of the time when requests were made,
and null when all of them are here; `seen` of the time when they were changed; `reread` the last of
the open ones that was asked for again, where the server cannot say what changed.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0015"
down_revision = "0014"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        alter table requests add column source_hash bigint;

        create table mirrors (
          jurisdiction_id text not null,
          source text not null,
          url text not null,
          tells_changes boolean,  -- null: not known yet
          loaded timestamptz,
          seen timestamptz not null,
          reread text not null default '',
          etag text,
          primary key (jurisdiction_id, source)
        );
        alter table mirrors enable row level security;
        alter table mirrors force row level security;
        create policy own_city on mirrors
          using (jurisdiction_id = current_setting('open311.jurisdiction', true));
        grant select, insert, update on mirrors to open311_writer;
        """
    )


def downgrade() -> None:
    run(
        """
        drop table mirrors;
        alter table requests drop column source_hash;
        """
    )
