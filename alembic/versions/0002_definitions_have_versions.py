"""Definitions have versions: immutable, numbered, each from an instant on; requests are pinned.

A service is from now on a code and its versions, which hold everything that was said of it. Drafts
stand beside them, and the audit trail says who did what; nobody can change what it says.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0002"
down_revision = "0001"

TENANT_TABLES = ("definitions", "drafts", "audit")


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create table definitions (
          jurisdiction_id text not null,
          service_code text not null,
          version integer not null,
          content json not null,  -- as it was encoded, to the byte
          hash text not null,
          author text not null,
          reason text,
          created_at timestamptz not null,
          published_from timestamptz not null,
          retired_from timestamptz,
          primary key (jurisdiction_id, service_code, version),
          constraint definitions_service_code_fkey
            foreign key (jurisdiction_id, service_code) references services,
          constraint definitions_hash_check
            check (hash = encode(sha256(convert_to(content::text, 'UTF8')), 'hex'))
        );
        create index definitions_by_time
          on definitions (jurisdiction_id, service_code, published_from desc, version desc);
        create index definitions_by_beginning on definitions (jurisdiction_id, published_from);
        create index definitions_by_end on definitions (jurisdiction_id, retired_from);

        create table drafts (
          jurisdiction_id text not null references jurisdictions,
          service_code text not null,
          content json not null,
          hash text not null,
          author text not null,
          updated_at timestamptz not null,
          primary key (jurisdiction_id, service_code)
        );

        create table audit (
          entry bigint generated always as identity primary key,
          jurisdiction_id text not null references jurisdictions,
          at timestamptz not null,
          actor text not null,
          client_id bigint,
          action text not null,
          service_code text not null,
          version integer,
          effective timestamptz,
          reason text,
          content json,
          constraint audit_action_check
            check (action in ('drafted', 'discarded', 'published', 'retired'))
        );
        create index audit_by_entry on audit (jurisdiction_id, entry);
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
    run(
        """
        -- an owner who is no superuser must see all rows, also to check a foreign key
        alter table jurisdictions no force row level security;
        alter table services no force row level security;
        alter table definitions no force row level security;
        alter table audit no force row level security;
        insert into definitions (jurisdiction_id, service_code, version, content, hash, author,
          reason, created_at, published_from, retired_from)
        select s.jurisdiction_id, s.service_code, 1, n.content::json,
          encode(sha256(convert_to(n.content, 'UTF8')), 'hex'), 'open311 migrate',
          'as it was before there were versions', j.changeset, j.changeset,
          case when s.active then null else j.changeset end
        from services s
        join jurisdictions j on j.jurisdiction_id = s.jurisdiction_id,
        lateral (
          select jsonb_strip_nulls(to_jsonb(s) - 'jurisdiction_id' - 'active')::text) n (content);
        insert into audit (jurisdiction_id, at, actor, action, service_code, version, effective,
          reason, content)
        select d.jurisdiction_id, d.created_at, d.author, n.action, d.service_code, d.version,
          d.created_at, d.reason, case n.action when 'published' then d.content end
        from definitions d
        join (values ('published'), ('retired')) n (action)
          on n.action = 'published' or d.retired_from is not null
        order by d.jurisdiction_id, d.service_code, n.action;

        alter table services drop column service_name, drop column description,
          drop column keywords, drop column "group", drop column type, drop column department,
          drop column service_notice, drop column expected_hours, drop column attributes,
          drop column active;
        alter table services add constraint services_jurisdiction_id_fkey
          foreign key (jurisdiction_id) references jurisdictions;

        alter table requests add column definition_version integer not null default 1;
        alter table requests alter column definition_version drop default;
        alter table requests drop constraint requests_service_code_fkey;
        alter table requests add constraint requests_definition_version_fkey
          foreign key (jurisdiction_id, service_code, definition_version) references definitions;

        alter table jurisdictions force row level security;
        alter table services force row level security;
        alter table definitions force row level security;
        alter table audit force row level security;

        alter table clients add column scopes text[] not null default '{requests:write}';

        create function never() returns trigger language plpgsql as $$
          begin
            raise exception '% of % is never done', tg_op, tg_table_name
              using errcode = 'insufficient_privilege';
          end $$;
        create trigger definitions_last before delete on definitions
          for each row execute function never();
        create trigger definitions_stand before update on definitions for each row
          when ((to_jsonb(old) - 'retired_from') is distinct from (to_jsonb(new) - 'retired_from'))
          execute function never();
        create trigger audit_stands before update or delete on audit
          for each row execute function never();
        create trigger definitions_whole before truncate on definitions execute function never();
        create trigger audit_whole before truncate on audit execute function never();

        create policy public_read on definitions for select to open311_reader using (true);
        grant select (jurisdiction_id, service_code, version, content, hash, published_from,
          retired_from) on definitions to open311_reader;
        grant insert on services to open311_writer;
        grant select, insert, update (retired_from) on definitions to open311_writer;
        grant select, insert, update, delete on drafts to open311_writer;
        grant select, insert on audit to open311_writer;
        grant update (changeset) on jurisdictions to open311_writer;
        """
    )


def downgrade() -> None:
    run(
        """
        alter table services
          add column service_name text, add column description text, add column keywords text,
          add column "group" text, add column type text, add column department text,
          add column service_notice text, add column expected_hours integer,
          add column attributes jsonb, add column active boolean not null default true;
        alter table services drop constraint services_jurisdiction_id_fkey;
        alter table departments no force row level security;
        alter table services no force row level security;
        alter table definitions no force row level security;
        update services s
        set service_name = d.content->>'service_name', description = d.content->>'description',
          keywords = coalesce(d.content->>'keywords', ''), "group" = d.content->>'group',
          type = coalesce(d.content->>'type', 'realtime'),
          department = d.content->>'department', service_notice = d.content->>'service_notice',
          expected_hours = (d.content->>'expected_hours')::integer,
          attributes = (
            select coalesce(jsonb_agg(jsonb_build_object(
                'variable', coalesce(a.each->'variable', 'true'), 'code', a.each->'code',
                'datatype', replace(a.each->>'datatype', 'informational', 'text'),
                'required', coalesce(a.each->'required', 'false'),
                'datatype_description', a.each->'datatype_description', 'order', a.each->'order',
                'description', a.each->'description',
                'values', coalesce(a.each->'values', '[]')) order by a.place), '[]')
            from json_array_elements(coalesce(d.content->'attributes', '[]'))
              with ordinality as a (each, place)),
          active = d.begun and coalesce(d.retired_from > now(), true)
        from (
          select distinct on (d.jurisdiction_id, d.service_code) d.jurisdiction_id,
            d.service_code, d.content, d.retired_from, d.published_from <= now() as begun
          from definitions d
          order by d.jurisdiction_id, d.service_code, d.published_from <= now() desc,
            coalesce(d.retired_from >= d.published_from, true) desc, d.published_from desc,
            d.version desc
        ) d
        where d.jurisdiction_id = s.jurisdiction_id and d.service_code = s.service_code;
        alter table services
          alter column service_name set not null, alter column description set not null,
          alter column keywords set not null, alter column "group" set not null,
          alter column type set not null, alter column department set not null,
          alter column attributes set not null,
          add constraint services_type_check check (type in ('realtime', 'batch', 'blackbox')),
          add constraint services_department_fkey
            foreign key (jurisdiction_id, department) references departments;

        alter table requests drop column definition_version;
        alter table requests add constraint requests_service_code_fkey
          foreign key (jurisdiction_id, service_code) references services;
        alter table departments force row level security;
        alter table services force row level security;
        drop table definitions, drafts, audit;
        drop function never;
        alter table clients drop column scopes;
        revoke insert on services from open311_writer;
        revoke update (changeset) on jurisdictions from open311_writer;
        """
    )
