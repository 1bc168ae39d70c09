"""Pictures of updates are found by their address, to be hidden with a request that is withdrawn."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        """
        create index request_updates_with_media on request_updates (jurisdiction_id, media_url)
          where media_url is not null
        """
    )


def downgrade() -> None:
    op.execute("drop index request_updates_with_media")
