"""No request is changed before it is there; lists that are asked for times count on it.

A source that says otherwise is wrong, and so was an import that took it at its word.
"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("alter table requests no force row level security")
    op.execute(
        "update requests r set updated_datetime = r.requested_datetime"
        " where r.updated_datetime < r.requested_datetime"
    )
    op.execute("alter table requests force row level security")
    op.execute(
        "alter table requests add constraint requests_updated_datetime_check"
        " check (updated_datetime >= requested_datetime)"
    )


def downgrade() -> None:
    op.execute("alter table requests drop constraint requests_updated_datetime_check")
