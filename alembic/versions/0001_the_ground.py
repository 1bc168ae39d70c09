"""The ground: cities, keys, requests, and who may see what.

Two roles without login stand between the server and the rows. `open311_reader` answers the public:
it sees the columns that the public may see and nothing of reporters. `open311_writer` files
requests. Row level security is the second wall: a transaction sees the rows of the jurisdiction
that it has set in `open311.jurisdiction`, and none when it has set none.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0001"
down_revision = None

TENANT_TABLES = (
    "jurisdictions",
    "departments",
    "services",
    "areas",
    "clients",
    "requests",
    "reporters",
    "media",
)


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create table jurisdictions (
          jurisdiction_id text primary key,
          name text not null,
          timezone text not null,
          contact text not null,
          key_service text not null,
          max_span_days integer not null,
          changeset timestamptz not null
        );

        create table departments (
          jurisdiction_id text not null references jurisdictions,
          code text not null,
          name text not null,
          phone text,
          email text,
          url text,
          active boolean not null default true,
          primary key (jurisdiction_id, code)
        );

        create table services (
          jurisdiction_id text not null,
          service_code text not null,
          service_name text not null,
          description text not null,
          keywords text not null,
          "group" text not null,
          type text not null,
          department text not null,
          service_notice text,
          expected_hours integer,
          attributes jsonb not null,
          active boolean not null default true,
          primary key (jurisdiction_id, service_code),
          constraint services_type_check check (type in ('realtime', 'batch', 'blackbox')),
          constraint services_department_fkey
            foreign key (jurisdiction_id, department) references departments
        );

        create table areas (
          jurisdiction_id text not null references jurisdictions,
          layer text not null,
          code text not null,
          name text not null,
          geometry text not null,
          primary key (jurisdiction_id, layer, code)
        );

        create table clients (
          client_id bigint generated always as identity primary key,
          jurisdiction_id text not null references jurisdictions,
          name text not null,
          contact text,
          prefix text not null,
          key_hash bytea not null,
          rate_limit integer,
          created_at timestamptz not null,
          revoked_at timestamptz,
          constraint clients_key_hash_key unique (key_hash),
          constraint clients_rate_limit_check check (rate_limit > 0)
        );

        create sequence request_numbers start 100001;
        create sequence request_versions;

        create table requests (
          id bigint not null default nextval('request_numbers') primary key,
          jurisdiction_id text not null,
          service_request_id text,
          token text,
          status text not null,
          status_notes text,
          service_code text not null,
          description text,
          department text,
          service_notice text,
          requested_datetime timestamptz not null,
          updated_datetime timestamptz not null,
          expected_datetime timestamptz,
          address text,
          address_id text,
          zipcode text,
          lat double precision,
          long double precision,
          media_url text,
          client_id bigint,
          attributes jsonb,
          version bigint not null default nextval('request_versions'),
          constraint requests_status_check check (status in ('open', 'closed')),
          constraint requests_point_check check ((lat is null) = (long is null)),
          constraint requests_service_code_fkey
            foreign key (jurisdiction_id, service_code) references services
        );
        alter sequence request_numbers owned by requests.id;
        alter sequence request_versions owned by requests.version;
        comment on column requests.service_request_id is
          'null until a batch request is numbered, and for ever for a blackbox request;
           only numbered requests are public';

        create function next_version() returns trigger language plpgsql as $$
          begin new.version := nextval('request_versions'); return new; end $$;
        create trigger requests_version before update on requests
          for each row execute function next_version();

        create unique index requests_service_request_id_key
          on requests (jurisdiction_id, service_request_id);
        create unique index requests_token_key
          on requests (jurisdiction_id, token) where token is not null;
        create index requests_by_time
          on requests (jurisdiction_id, requested_datetime desc, id desc);
        create index requests_by_service
          on requests (jurisdiction_id, service_code, requested_datetime desc, id desc);
        create index requests_open_by_time
          on requests (jurisdiction_id, requested_datetime desc, id desc) where status = 'open';
        create index requests_by_update
          on requests (jurisdiction_id, updated_datetime, id);
        create index requests_unnumbered
          on requests (jurisdiction_id, id) where service_request_id is null and token is not null;

        create table reporters (
          request_id bigint primary key references requests,
          jurisdiction_id text not null,
          email text,
          first_name text,
          last_name text,
          phone text,
          device_id text,
          account_id text
        );

        create table media (
          request_id bigint not null references requests,
          jurisdiction_id text not null,
          position smallint not null,
          url text not null,
          primary key (request_id, position)
        );

        create unlogged table rate_hits (
          client_id bigint primary key,
          minute timestamptz not null,
          hits integer not null
        );

        do $$
        begin
          if to_regrole('open311_reader') is null then create role open311_reader nologin; end if;
          if to_regrole('open311_writer') is null then create role open311_writer nologin; end if;
        exception when duplicate_object or unique_violation then null;  -- another was faster
        end $$;
        do $$
        begin
          grant open311_reader, open311_writer to current_user;
        exception when insufficient_privilege then null;  -- whoever made them has granted them
        end $$;
        set role open311_reader;  -- fails here, and not in the workers, if that is not so
        set role open311_writer;
        reset role;
        grant usage on schema public to open311_reader, open311_writer;

        grant select on jurisdictions, departments, services, areas
          to open311_reader, open311_writer;
        grant select (
            id, jurisdiction_id, service_request_id, token, status, status_notes, service_code,
            description, department, service_notice, requested_datetime, updated_datetime,
            expected_datetime, address, address_id, zipcode, lat, long, media_url, version
          ) on requests to open311_reader;
        grant select on clients to open311_writer;
        grant select, insert, update on requests to open311_writer;
        grant insert on reporters, media to open311_writer;
        grant select, insert, update on rate_hits to open311_writer;
        grant usage on sequence request_numbers, request_versions to open311_writer;
        """
    )
    for table in TENANT_TABLES:
        run(
            f"""
            alter table {table} enable row level security;
            alter table {table} force row level security;
            create policy own_city on {table}
              using (jurisdiction_id = current_setting('open311.jurisdiction', true));
            """
        )
    for table in ("jurisdictions", "departments", "services", "areas", "requests"):
        run(f"create policy public_read on {table} for select to open311_reader using (true);")
    run("create policy directory on jurisdictions for select to open311_writer using (true);")


def downgrade() -> None:
    run(
        """
        drop table rate_hits, media, reporters, requests, clients, areas, services, departments,
          jurisdictions;
        drop function next_version;
        """
    )
