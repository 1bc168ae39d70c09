"""Staff gives a request to another department, and every decision about it is kept.

What was decided when it was filed stays with the request; what was decided later stands here, in
order, and is never changed.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0007"
down_revision = "0006"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        create table reroutings (
          request_id bigint not null references requests,
          number integer not null,  -- from 2: the first decision is that of the request itself
          jurisdiction_id text not null,
          department text not null,
          queue text,
          priority text,
          reason text not null,
          actor text not null,
          client_id bigint,
          at timestamptz not null,
          primary key (request_id, number)
        );
        alter table reroutings enable row level security;
        alter table reroutings force row level security;
        create policy own_city on reroutings
          using (jurisdiction_id = current_setting('open311.jurisdiction', true));
        create trigger reroutings_stand before update or delete on reroutings
          for each row execute function never();
        create trigger reroutings_whole before truncate on reroutings execute function never();
        grant select, insert on reroutings to open311_writer;
        """
    )


def downgrade() -> None:
    run("drop table reroutings")
