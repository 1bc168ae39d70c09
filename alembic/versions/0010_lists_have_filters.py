"""Lists are found by department, picture, place and words, however many requests there are.

A place is a cell of a grid together with the areas that it is in: there are some thousands of them
in a city, and millions of requests. So one number in a request stands for where it is, in any layer
and any box, and an index of it keeps the order of time in each.

A text is looked for month by month, since the words of all years would take ever longer: a word
stands in the index with the month of its request before it.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0010"
down_revision = "0009"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create extension if not exists btree_gin;
        create extension if not exists unaccent;
        create text search configuration open311 (copy = simple);
        alter text search configuration open311
          alter mapping for asciiword, word, numword, asciihword, hword, numhword, hword_asciipart,
            hword_part, hword_numpart with unaccent, simple;

        create function month(at timestamptz) returns text
          immutable parallel safe language sql as $$
          select (12 * extract(year from at at time zone 'UTC')
            + extract(month from at at time zone 'UTC'))::integer || ' ' $$;
        create function words(month text, texts text[]) returns tsvector
          immutable parallel safe language sql as $$
          select array_to_tsvector(array_agg(month || w.lexeme))
          from unnest(to_tsvector('public.open311', array_to_string(texts, ' '))) w $$;
        create function words_query(month text, wanted text) returns tsquery
          immutable parallel safe language sql as $$
          select string_agg('''' || replace(month || w.lexeme, '''', '''''') || ''':*',
            ' & ')::tsquery
          from unnest(to_tsvector('public.open311', wanted)) w $$;

        -- By the formula of the FCC (47 CFR 73.208), on the ellipsoid of Clarke: a few metres in
        -- a hundred kilometres off that of WGS84.
        create function metres(lat_a float8, long_a float8, lat_b float8, long_b float8)
          returns float8 immutable parallel safe language sql as $$
          select sqrt(
            ((lat_a - lat_b) * (111132.09 - 566.05 * cosd(lat_a + lat_b)
              + 1.20 * cosd(2 * (lat_a + lat_b)))) ^ 2
            + ((long_a - long_b - 360 * round((long_a - long_b) / 360))
              * (111415.13 * cosd((lat_a + lat_b) / 2) - 94.55 * cosd(3 * (lat_a + lat_b) / 2)
              + 0.12 * cosd(5 * (lat_a + lat_b) / 2))) ^ 2) $$;

        create sequence place_numbers;
        create table places (
          jurisdiction_id text not null,
          place bigint not null default nextval('place_numbers'),
          x integer not null,  -- floor(long * 400)
          y integer not null,  -- floor(lat * 400)
          inside text[] not null,  -- areas, 'layer=code', sorted
          primary key (jurisdiction_id, place)
        );
        -- not unique: two who find the same place new at once must not wait for each other
        create index places_by_cell on places (jurisdiction_id, x, y);
        alter sequence place_numbers owned by places.place;
        create index places_by_area on places using gin (jurisdiction_id, inside);
        alter table places enable row level security;
        alter table places force row level security;
        create policy own_city on places
          using (jurisdiction_id = current_setting('open311.jurisdiction', true));
        create policy public_read on places for select to open311_reader using (true);
        grant select on places to open311_reader;
        grant select, insert, update on places to open311_writer;
        grant usage on sequence place_numbers to open311_writer;

        alter table requests add column place bigint;
        grant select (place) on requests to open311_reader;

        alter table places no force row level security;
        alter table requests no force row level security;
        alter table requests disable trigger requests_version;
        create temporary view located as
        select r.jurisdiction_id, r.id, floor(r.long * 400)::integer as x,
          floor(r.lat * 400)::integer as y,
          array(select a.key || '=' || a.value from json_each_text(r.decision->'areas') a
            order by (a.key || '=' || a.value) collate "C") as inside
        from requests r where r.lat is not null;
        insert into places (jurisdiction_id, x, y, inside)
        select distinct l.jurisdiction_id, l.x, l.y, l.inside from located l;
        update requests r set place = p.place
        from located l join places p using (jurisdiction_id, x, y, inside)
        where r.jurisdiction_id = l.jurisdiction_id and r.id = l.id;
        drop view located;
        alter table requests enable trigger requests_version;
        alter table places force row level security;
        alter table requests force row level security;

        create index requests_by_department
          on requests (jurisdiction_id, department, requested_datetime desc, id desc);
        create index requests_with_media
          on requests (jurisdiction_id, requested_datetime desc, id desc)
          where media_url is not null;
        create index requests_by_place
          on requests (jurisdiction_id, place, requested_datetime desc, id desc);
        create index requests_by_words on requests using gin (
          words(month(requested_datetime), array[description, address, status_notes]));
        create index requests_by_address on requests using gin (
          month(requested_datetime), address gin_trgm_ops);
        """
    )


def downgrade() -> None:
    run(
        """
        drop index requests_by_words, requests_by_address, requests_by_place, requests_with_media,
          requests_by_department;
        alter table requests drop column place;
        drop table places;
        drop function words_query, words, month, metres;
        drop text search configuration open311;
        drop extension unaccent;
        drop extension btree_gin;
        """
    )
