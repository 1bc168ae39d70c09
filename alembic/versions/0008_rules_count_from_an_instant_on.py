"""The rules of a city count from an instant on, as definitions do: so they change with a border.

Downgraded, the last version counts at once, whenever it was to begin.
"""

from sqlalchemy.util import await_only

from alembic import op

revision = "0008"
down_revision = "0007"


def run(sql: str) -> None:
    """Run several statements as they stand, by the simple protocol."""
    await_only(op.get_bind().connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def upgrade() -> None:
    run(
        """
        alter table routings add column published_from timestamptz;
        alter table routings disable trigger routings_stand;
        alter table routings no force row level security;  -- the owner need not be a superuser
        update routings set published_from = created_at;
        alter table routings force row level security;
        alter table routings enable trigger routings_stand;
        alter table routings alter column published_from set not null;
        """
    )


def downgrade() -> None:
    run("alter table routings drop column published_from")
