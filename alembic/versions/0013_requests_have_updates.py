"""What became of a request, step by step; and where one came from that another system kept.

`detailed_status` is one of the states that there are inside; outside there are two (GR-X 10.9).
An update is never changed. `source_update_id` is what the client calls it that wrote it: sent twice
it is the same one.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0013"
down_revision = "0012"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        alter table requests
          add column detailed_status text,
          add column source text,
          add column source_id text,
          add constraint requests_source_check check ((source is null) = (source_id is null));
        create unique index requests_source_key on requests (jurisdiction_id, source, source_id)
          where source is not null;
        grant select (detailed_status) on requests to open311_reader;

        create sequence update_numbers;
        create table request_updates (
          jurisdiction_id text not null,
          request_id bigint not null,
          update_id bigint not null default nextval('update_numbers'),
          status text not null,
          detailed_status text,
          updated_datetime timestamptz not null,
          description text,
          media_url text,
          client_id bigint,
          source_update_id text,
          actor text,
          primary key (jurisdiction_id, update_id),
          constraint request_updates_source_key
            unique (jurisdiction_id, client_id, source_update_id),
          constraint request_updates_status_check check (status in ('open', 'closed')),
          constraint request_updates_request_id_fkey
            foreign key (jurisdiction_id, request_id) references requests
        );
        alter sequence update_numbers owned by request_updates.update_id;
        create index request_updates_by_request
          on request_updates (jurisdiction_id, request_id, updated_datetime, update_id);
        create index request_updates_by_time
          on request_updates (jurisdiction_id, updated_datetime, update_id);
        alter table request_updates enable row level security;
        alter table request_updates force row level security;
        create policy own_city on request_updates
          using (jurisdiction_id = current_setting('open311.jurisdiction', true));
        create policy public_read on request_updates for select to open311_reader using (true);
        grant select (jurisdiction_id, request_id, update_id, status, detailed_status,
          updated_datetime, description, media_url) on request_updates to open311_reader;
        grant select, insert on request_updates to open311_writer;
        grant usage on sequence update_numbers to open311_writer;
        """
    )


def downgrade() -> None:
    run(
        """
        drop table request_updates;
        alter table requests drop column source, drop column source_id,
          drop column detailed_status;
        """
    )
