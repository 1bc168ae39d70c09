"""A city speaks languages: its own, and others in which its departments have names.

What it says of its services in these stands in their definitions.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("alter table jurisdictions add column languages text[] not null default '{en}'")
    op.execute("alter table departments add column translations jsonb not null default '{}'")


def downgrade() -> None:
    op.execute("alter table departments drop column translations")
    op.execute("alter table jurisdictions drop column languages")
