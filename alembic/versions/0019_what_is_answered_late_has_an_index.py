"""Requests that were changed a hundred days after they were filed have an index of their own.

So a list of old requests in the order of their changes walks through these few, and not through
all that was changed since.
"""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute(
        """
        create index requests_late on requests (jurisdiction_id, updated_datetime, id)
          include (requested_datetime, status, service_code, department, place, lat, long,
            has_media)
          where updated_datetime - requested_datetime > interval '100 days'
            and service_request_id is not null
        """
    )


def downgrade() -> None:
    op.execute("drop index requests_late")
