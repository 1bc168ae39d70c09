"""Cities have registers of addresses, and a distance within which a point has one of them.

Streets stand in a table of their own: what is misspelt, or half typed, is looked for among some
thousands of them, and not among all addresses.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0006"
down_revision = "0005"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create extension if not exists pg_trgm;

        create table addresses (
          jurisdiction_id text not null references jurisdictions,
          address_id text not null,
          line text not null,  -- number and street, as they are shown
          unit text not null,
          city text not null,
          region text not null,
          postcode text not null,
          low integer not null,  -- of the house numbers; -1: it has none
          high integer not null,
          suffix text not null,
          street text collate "C" not null,  -- its words, comparable
          long double precision not null,
          lat double precision not null,
          primary key (jurisdiction_id, address_id),
          constraint addresses_number_check check (low <= high)
        );
        create index addresses_by_street
          on addresses (jurisdiction_id, street, low, suffix, unit, address_id);
        create index addresses_by_number on addresses (jurisdiction_id, low, street);
        create index addresses_by_place on addresses using gist (point(long, lat));

        create table streets (
          jurisdiction_id text not null references jurisdictions,
          street text collate "C" not null,
          primary key (jurisdiction_id, street)
        );
        create index streets_by_trigrams on streets using gin (street gin_trgm_ops);

        alter table jurisdictions add column address_within double precision;
        """
    )
    for table in ("addresses", "streets"):
        run(
            f"""
            alter table {table} enable row level security;
            alter table {table} force row level security;
            create policy own_city on {table}
              using (jurisdiction_id = current_setting('open311.jurisdiction', true));
            create policy public_read on {table} for select to open311_reader using (true);
            grant select on {table} to open311_reader, open311_writer;
            """
        )


def downgrade() -> None:
    run(
        """
        alter table jurisdictions drop column address_within;
        drop table streets, addresses;
        """
    )
