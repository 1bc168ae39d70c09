"""Every key begins with the city, so that rows could be spread over machines by it.

What finds a row across cities, as the hash of a key, is then unique in each city only; hashes of
128 random bits are unique by themselves.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0009"
down_revision = "0008"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        alter table reporters drop constraint reporters_request_id_fkey,
          drop constraint reporters_pkey, add primary key (jurisdiction_id, request_id);
        alter table media drop constraint media_request_id_fkey,
          drop constraint media_pkey, add primary key (jurisdiction_id, request_id, position);
        alter table reroutings drop constraint reroutings_request_id_fkey,
          drop constraint reroutings_pkey, add primary key (jurisdiction_id, request_id, number);
        alter table requests drop constraint requests_pkey, add primary key (jurisdiction_id, id);
        alter table reporters add constraint reporters_request_id_fkey
          foreign key (jurisdiction_id, request_id) references requests;
        alter table media add constraint media_request_id_fkey
          foreign key (jurisdiction_id, request_id) references requests;
        alter table reroutings add constraint reroutings_request_id_fkey
          foreign key (jurisdiction_id, request_id) references requests;

        drop index audit_by_entry;
        alter table audit drop constraint audit_pkey, add primary key (jurisdiction_id, entry);
        alter table clients drop constraint clients_pkey,
          add primary key (jurisdiction_id, client_id),
          drop constraint clients_key_hash_key,
          add constraint clients_key_hash_key unique (jurisdiction_id, key_hash);

        drop table rate_hits;
        create unlogged table rate_hits (
          jurisdiction_id text not null,
          client_id bigint not null,
          minute timestamptz not null,
          hits integer not null,
          primary key (jurisdiction_id, client_id)
        );
        alter table rate_hits enable row level security;
        alter table rate_hits force row level security;
        create policy own_city on rate_hits
          using (jurisdiction_id = current_setting('open311.jurisdiction', true));
        grant select, insert, update on rate_hits to open311_writer;
        """
    )


def downgrade() -> None:
    run(
        """
        drop table rate_hits;
        create unlogged table rate_hits (
          client_id bigint primary key,
          minute timestamptz not null,
          hits integer not null
        );
        grant select, insert, update on rate_hits to open311_writer;

        alter table clients drop constraint clients_pkey, add primary key (client_id),
          drop constraint clients_key_hash_key,
          add constraint clients_key_hash_key unique (key_hash);
        alter table audit drop constraint audit_pkey, add primary key (entry);
        create index audit_by_entry on audit (jurisdiction_id, entry);

        alter table reporters drop constraint reporters_request_id_fkey,
          drop constraint reporters_pkey, add primary key (request_id);
        alter table media drop constraint media_request_id_fkey,
          drop constraint media_pkey, add primary key (request_id, position);
        alter table reroutings drop constraint reroutings_request_id_fkey,
          drop constraint reroutings_pkey, add primary key (request_id, number);
        alter table requests drop constraint requests_pkey, add primary key (id);
        alter table reporters add constraint reporters_request_id_fkey
          foreign key (request_id) references requests;
        alter table media add constraint media_request_id_fkey
          foreign key (request_id) references requests;
        alter table reroutings add constraint reroutings_request_id_fkey
          foreign key (request_id) references requests;
        """
    )
