"""What must come out of the server of Boston's half-year, said without the importer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from open311.formats import folder_files
from tests.city import boston, boston_figures, boston_rules

__all__ = ["expected", "folder", "moment"]

SPRING, AUTUMN = datetime.fromisoformat("2015-03-08T02:00"), datetime.fromisoformat("2015-11-01T02")
LINK = re.compile(r"https?://[^/:\s]+(:\d{1,5})?/\S*")


def folder(path: Path) -> None:
    """Write a city folder whose services are the kinds of Boston's requests, with rules."""
    past = boston_rules.seen(boston.requests(), boston_rules.grounds())
    files = folder_files.files(boston_figures.folder(boston_rules.learned(past)))
    folder_files.write(path, {name: folder_files.encoded(each) for name, each in files.items()})
    boston.write(path / "areas" / "boundary.geojson", boston.boundary(mended=True))


def moment(text: str) -> str | None:
    """A time of the file in UTC: Boston is 4 hours behind in summer and 5 in winter."""
    if not text:
        return None
    local = datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007
    if local.year == 2015:
        hours = 4 if SPRING <= local < AUTUMN else 5
        return f"{local + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    there = local.replace(tzinfo=boston_rules.ZONE).astimezone(UTC)  # targets of later years
    return f"{there:%Y-%m-%dT%H:%M:%SZ}"


def expected(row: Mapping[str, str]) -> dict[str, Any]:
    """All fields of GeoReport, of a row of the file."""
    zipcode = row["LOCATION_ZIPCODE"]
    photo = row["SubmittedPhoto"]
    return {
        "service_request_id": row["CASE_ENQUIRY_ID"],
        "status": row["CASE_STATUS"].lower(),
        "status_notes": row["CLOSURE_REASON"] or None,
        "service_name": row["TYPE"],
        "service_code": row["TYPE"],
        "description": row["CASE_TITLE"] or None,
        "agency_responsible": row["Department"],
        "service_notice": None,
        "requested_datetime": moment(row["OPEN_DT"]),
        "updated_datetime": moment(row["CLOSED_DT"] or row["OPEN_DT"]),
        "expected_datetime": moment(row["TARGET_DT"]),
        "address": row["Location"] or None,
        "address_id": row["Property_ID"].removesuffix(".0") or None,
        "zipcode": f"{float(zipcode):05.0f}" if zipcode else None,
        "lat": float(row["LATITUDE"]),
        "long": float(row["LONGITUDE"]),
        "media_url": photo if LINK.fullmatch(photo) else None,
    }
