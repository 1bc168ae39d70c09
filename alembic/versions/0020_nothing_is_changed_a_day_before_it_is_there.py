"""No request is changed a day before it is there; lists that are asked for times count on it.

Clocks of other systems err by seconds. A source that says more is wrong.
"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("alter table requests no force row level security")
    op.execute("alter table requests disable trigger requests_change")  # nothing that is counted
    op.execute(
        "update requests r set updated_datetime = r.requested_datetime"
        " where r.requested_datetime - r.updated_datetime > interval '1 day'"
    )
    op.execute("alter table requests enable trigger requests_change")
    op.execute("alter table requests force row level security")
    op.execute(
        "alter table requests add constraint requests_updated_datetime_check"
        " check (requested_datetime - updated_datetime <= interval '1 day')"
    )


def downgrade() -> None:
    op.execute("alter table requests drop constraint requests_updated_datetime_check")
