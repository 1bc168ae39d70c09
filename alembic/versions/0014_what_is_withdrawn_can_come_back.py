"""A request that is withdrawn can come back, however it went, and its picture goes with it.

Whatever takes a service_request_id from a request, or the request away, is a withdrawal; whatever
gives one is its end. `number` is of the sequence of the requests, so that of one transaction no two
changes have the same place in the feed. What nobody may see is in no index of the feed.

`changes_origin` is the cluster that numbers the transactions, and `changes_gaps` the numbers that
were left out where it became another one: a cursor among them was given by a database that is lost.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0014"
down_revision = "0013"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create function changes_origin() returns text immutable parallel safe
          language sql as 'select null::text';
        create function changes_gaps() returns int8multirange immutable parallel safe
          language sql as $$ select '{}'::int8multirange $$;

        alter table withdrawals
          add column number bigint not null default nextval('request_numbers'),
          add column token text,
          add column media_url text;
        grant select (number, media_url) on withdrawals to open311_reader;
        drop index withdrawals_by_change;
        create index withdrawals_by_change on withdrawals (jurisdiction_id, changed, number);
        create index withdrawals_with_media on withdrawals (jurisdiction_id, media_url)
          where media_url is not null;
        drop index requests_by_change;
        create index requests_by_change on requests (jurisdiction_id, changed, id)
          where service_request_id is not null;

        create or replace function next_change() returns trigger language plpgsql as $$
        begin
          new.version := nextval('request_versions');
          new.changed := public.this_change();
          if old.service_request_id is distinct from new.service_request_id then
            new.born := new.changed;
          end if;
          return new;
        end $$;
        create or replace function withdrawn() returns trigger language plpgsql as $$
        begin
          if old.service_request_id is not null then
            insert into withdrawals
              (jurisdiction_id, service_request_id, request_id, token, media_url)
            values (old.jurisdiction_id, old.service_request_id, old.id, old.token, old.media_url)
            on conflict (jurisdiction_id, service_request_id) do update
            set request_id = excluded.request_id, changed = excluded.changed,
              number = excluded.number, withdrawn_datetime = excluded.withdrawn_datetime,
              token = excluded.token, media_url = excluded.media_url, actor = null, reason = null;
          end if;
          if tg_op = 'UPDATE' and new.service_request_id is not null then
            delete from withdrawals w where w.jurisdiction_id = new.jurisdiction_id
              and w.service_request_id = new.service_request_id;
          end if;
          return null;
        end $$;
        create trigger requests_renamed after update on requests for each row
          when (old.service_request_id is distinct from new.service_request_id)
          execute function withdrawn();
        """
    )


def downgrade() -> None:
    run(
        """
        drop trigger requests_renamed on requests;
        create or replace function withdrawn() returns trigger language plpgsql as $$
        begin
          insert into withdrawals (jurisdiction_id, service_request_id, request_id)
          values (old.jurisdiction_id, old.service_request_id, old.id)
          on conflict do nothing;
          return null;
        end $$;
        create or replace function next_change() returns trigger language plpgsql as $$
        begin
          new.version := nextval('request_versions');
          new.changed := public.this_change();
          if old.service_request_id is null and new.service_request_id is not null then
            new.born := new.changed;
          end if;
          return new;
        end $$;
        drop index requests_by_change;
        create index requests_by_change on requests (jurisdiction_id, changed, id);
        drop index withdrawals_by_change, withdrawals_with_media;
        alter table withdrawals drop column number, drop column token, drop column media_url;
        create index withdrawals_by_change on withdrawals (jurisdiction_id, changed, request_id);
        drop function changes_gaps, changes_origin;
        """
    )
