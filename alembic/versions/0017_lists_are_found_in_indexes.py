"""Every index with an order of its own has all that lists filter by.

So a row that a filter leaves out costs an entry of an index, and no page of the table. What is open
is little, and has an order of its own for each kind and department.

A computed column writes the table and its indexes anew, under a lock: minutes for millions of
requests. Index-only scans want pages that vacuum has seen, so it comes after one request in fifty.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

_ORDER = "requested_datetime desc, id desc"
_NUMBERED = "service_request_id is not null"
_FILTERS = [
    *("requested_datetime", "updated_datetime", "status", "service_code", "department", "place"),
    *("lat", "long", "has_media"),
]
_OPEN = f"status = 'open' and {_NUMBERED}"
_INDEXES = {
    "requests_by_time": (_ORDER, ""),  # rules look at those without a number, too
    "requests_by_update": ("updated_datetime, id", _NUMBERED),
    "requests_by_service": (f"service_code, {_ORDER}", _NUMBERED),
    "requests_by_department": (f"department, {_ORDER}", _NUMBERED),
    "requests_by_place": (f"place, {_ORDER}", _NUMBERED),
    "requests_with_media": (_ORDER, f"has_media and {_NUMBERED}"),
    "requests_open_by_time": (_ORDER, _OPEN),
    "requests_open_by_service": (f"service_code, {_ORDER}", _OPEN),
    "requests_open_by_department": (f"department, {_ORDER}", _OPEN),
}
_BEFORE = {
    "requests_by_time": (_ORDER, ""),
    "requests_by_update": ("updated_datetime, id", ""),
    "requests_by_service": (f"service_code, {_ORDER}", ""),
    "requests_by_department": (f"department, {_ORDER}", ""),
    "requests_by_place": (f"place, {_ORDER}", ""),
    "requests_with_media": (_ORDER, "media_url is not null"),
    "requests_open_by_time": (_ORDER, "status = 'open'"),
}


def upgrade() -> None:
    op.execute(f"drop index {', '.join(_BEFORE)}")
    op.execute(
        "alter table requests add column has_media boolean not null"
        " generated always as (media_url is not null) stored"
    )
    op.execute("grant select (has_media) on requests to open311_reader")
    for name, (keys, where) in _INDEXES.items():
        more = [each for each in _FILTERS if each not in keys and f"{each} =" not in where]
        if not where:
            more.append("service_request_id")
        _create(name, keys, f"include ({', '.join(more)})", where)
    op.execute(
        "alter table requests set (autovacuum_vacuum_insert_scale_factor = 0.02,"
        " autovacuum_vacuum_scale_factor = 0.02)"
    )


def downgrade() -> None:
    op.execute(
        "alter table requests reset (autovacuum_vacuum_insert_scale_factor,"
        " autovacuum_vacuum_scale_factor)"
    )
    op.execute(f"drop index {', '.join(_INDEXES)}")
    op.execute("alter table requests drop column has_media")
    for name, (keys, where) in _BEFORE.items():
        _create(name, keys, "", where)


def _create(name: str, keys: str, include: str, where: str) -> None:
    only = f"where {where}" if where else ""
    op.execute(f"create index {name} on requests (jurisdiction_id, {keys}) {include} {only}")
