"""How many requests there are is counted as they come, by time, service and status.

Whoever writes adds lines to `tally_changes`, which nobody waits for; a duty of the job worker adds
them up in `tallies`, by day, month and year; where `service_code` is '', which is all services
together, by hour, too.
What counts is the sum of both.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0011"
down_revision = "0010"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create table tallies (
          jurisdiction_id text not null,
          service_code text not null,
          unit text not null,  -- hour, day, month or year
          period timestamptz not null,  -- its beginning in UTC, of requested_datetime
          status text not null,
          number bigint not null,
          primary key (jurisdiction_id, service_code, unit, period, status)
        );
        create table tally_changes (
          jurisdiction_id text not null,
          service_code text not null,
          hour timestamptz not null,
          status text not null,
          number bigint not null
        );

        create function tally() returns trigger language plpgsql as $$
        begin
          if tg_op <> 'INSERT' then
            insert into tally_changes
            select jurisdiction_id, service_code, date_trunc('hour', requested_datetime, 'UTC'),
              status, -count(*)
            from gone where service_request_id is not null group by 1, 2, 3, 4;
          end if;
          if tg_op <> 'DELETE' then
            insert into tally_changes
            select jurisdiction_id, service_code, date_trunc('hour', requested_datetime, 'UTC'),
              status, count(*)
            from come where service_request_id is not null group by 1, 2, 3, 4;
          end if;
          return null;
        end $$;
        create trigger requests_come after insert on requests
          referencing new table as come for each statement execute function tally();
        create trigger requests_change after update on requests
          referencing old table as gone new table as come
          for each statement execute function tally();
        create trigger requests_go after delete on requests
          referencing old table as gone for each statement execute function tally();
        """
    )
    for table in ("tallies", "tally_changes"):
        run(
            f"""
            alter table {table} enable row level security;
            alter table {table} force row level security;
            create policy own_city on {table}
              using (jurisdiction_id = current_setting('open311.jurisdiction', true));
            create policy public_read on {table} for select to open311_reader using (true);
            grant select on {table} to open311_reader;
            grant select, insert, update, delete on {table} to open311_writer;
            """
        )
    run(
        """
        alter table tallies no force row level security;
        alter table requests no force row level security;
        insert into tallies
        select r.jurisdiction_id, coalesce(r.service_code, ''), u.unit,
          date_trunc(u.unit, r.requested_datetime, 'UTC') as period, r.status, count(*)
        from requests r, (values ('hour'), ('day'), ('month'), ('year')) as u (unit)
        where r.service_request_id is not null
        group by r.jurisdiction_id, u.unit, period, r.status,
          grouping sets ((r.service_code), ())
        having u.unit <> 'hour' or r.service_code is null;
        alter table tallies force row level security;
        alter table requests force row level security;
        """
    )


def downgrade() -> None:
    run(
        """
        drop trigger requests_come on requests;
        drop trigger requests_change on requests;
        drop trigger requests_go on requests;
        drop function tally;
        drop table tallies, tally_changes;
        """
    )
