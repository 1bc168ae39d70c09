"""Areas count from one day to another, so that a border can move on a day to come."""

from sqlalchemy.util import await_only

from alembic import op

revision = "0004"
down_revision = "0003"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        alter table areas add column valid_from date not null default '-infinity';
        alter table areas add column valid_to date not null default 'infinity';
        alter table areas add constraint areas_days_check check (valid_from < valid_to);
        alter table areas drop constraint areas_pkey;
        alter table areas add primary key (jurisdiction_id, layer, code, valid_from);

        -- so that a worker knows whether the map that it has is still that of the city
        alter table areas add column version bigint not null default nextval('request_versions');
        create trigger areas_version before update on areas
          for each row execute function next_version();
        """
    )


def downgrade() -> None:
    run(
        """
        delete from areas where not (valid_from <= current_date and current_date < valid_to);
        alter table areas drop constraint areas_pkey;
        drop trigger areas_version on areas;
        alter table areas drop column valid_from, drop column valid_to, drop column version;
        alter table areas add primary key (jurisdiction_id, layer, code);
        """
    )
