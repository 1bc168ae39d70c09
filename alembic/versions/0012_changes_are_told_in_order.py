"""What changed is told in the order in which it can be told without missing anything.

A request has the number of the transaction that changed it last; whoever reads up to the oldest
transaction that still runs has missed nothing, which no timestamp can promise. `born` is the one
that made it public. Numbers of a new cluster begin anew, so `changes_before` is added to them:
0, until a database is restored into another cluster (`renew` in `store/feed.py`).

A request that is public no more has no service_request_id any more; what it was is in withdrawals.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0012"
down_revision = "0011"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create function changes_before() returns bigint immutable parallel safe
          language sql as 'select 0::bigint';
        create function this_change() returns bigint stable
          language sql as $$ select public.changes_before() + pg_current_xact_id()::text::bigint $$;

        alter table requests
          add column changed bigint not null default 0,
          add column born bigint not null default 0;
        alter table requests
          alter column changed set default this_change(),
          alter column born set default this_change();
        grant select (changed, born) on requests to open311_reader;
        create index requests_by_change on requests (jurisdiction_id, changed, id);

        create table withdrawals (
          jurisdiction_id text not null,
          service_request_id text not null,
          request_id bigint not null,
          changed bigint not null default this_change(),
          withdrawn_datetime timestamptz not null default now(),
          actor text,
          reason text,
          primary key (jurisdiction_id, service_request_id)
        );
        create index withdrawals_by_change on withdrawals (jurisdiction_id, changed, request_id);
        alter table withdrawals enable row level security;
        alter table withdrawals force row level security;
        create policy own_city on withdrawals
          using (jurisdiction_id = current_setting('open311.jurisdiction', true));
        create policy public_read on withdrawals for select to open311_reader using (true);
        grant select (jurisdiction_id, service_request_id, request_id, changed,
          withdrawn_datetime) on withdrawals to open311_reader;
        grant select, insert, update, delete on withdrawals to open311_writer;

        create function next_change() returns trigger language plpgsql as $$
        begin
          new.version := nextval('request_versions');
          new.changed := public.this_change();
          if old.service_request_id is null and new.service_request_id is not null then
            new.born := new.changed;
          end if;
          return new;
        end $$;
        create or replace trigger requests_version before update on requests
          for each row execute function next_change();
        create function withdrawn() returns trigger language plpgsql as $$
        begin
          insert into withdrawals (jurisdiction_id, service_request_id, request_id)
          values (old.jurisdiction_id, old.service_request_id, old.id)
          on conflict do nothing;
          return null;
        end $$;
        create trigger requests_withdrawn after delete on requests for each row
          when (old.service_request_id is not null) execute function withdrawn();
        """
    )


def downgrade() -> None:
    run(
        """
        drop trigger requests_withdrawn on requests;
        drop function withdrawn;
        create or replace trigger requests_version before update on requests
          for each row execute function next_version();
        drop function next_change;
        drop table withdrawals;
        drop index requests_by_change;
        alter table requests drop column changed, drop column born;
        drop function this_change, changes_before;
        """
    )
