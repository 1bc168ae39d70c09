"""The rules of a city have versions, and a request keeps what was decided about it.

Versions are immutable and numbered, and the last one counts; one whose content is null is that of
a city which has no rules any more. A key knows the channel that reports come by with it.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0005"
down_revision = "0004"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create table routings (
          jurisdiction_id text not null references jurisdictions,
          version integer not null,
          content json not null,  -- as it was encoded, to the byte
          hash text not null,
          author text not null,
          reason text,
          created_at timestamptz not null,
          primary key (jurisdiction_id, version),
          constraint routings_hash_check
            check (hash = encode(sha256(convert_to(content::text, 'UTF8')), 'hex'))
        );
        alter table routings enable row level security;
        alter table routings force row level security;
        create policy own_city on routings
          using (jurisdiction_id = current_setting('open311.jurisdiction', true));
        create trigger routings_stand before update or delete on routings
          for each row execute function never();
        create trigger routings_whole before truncate on routings execute function never();
        grant select, insert on routings to open311_writer;

        alter table requests add column queue text, add column priority text,
          add column decision json;
        alter table clients add column channel text;
        """
    )


def downgrade() -> None:
    run(
        """
        alter table clients drop column channel;
        alter table requests drop column queue, drop column priority, drop column decision;
        drop table routings;
        """
    )
