"""What FixMyStreet does, over a real socket: it follows updates and writes its own. GR-X 10.8.

There is no such client to be installed, so this one is written after it: it asks for XML with both
dates, skips an update whose id it knows, and reads the finer state; what it writes is a form, with
the state in capitals.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import requests

from tests.conftest import RunningServer


class FixMyStreet:
    """A site with one council, which has this endpoint."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.session = requests.Session()
        self.known: dict[str, str] = {}  # updates by their id there, each with its state

    def send(self, path: str, **fields: str) -> ElementTree.Element:
        own = {"api_key": self.server.whole_key, "jurisdiction_id": self.server.jurisdiction_id}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.session.post(
            f"{self.server.base_url}/{path}", urlencode(own | fields), headers=kind, timeout=20
        )
        assert answer.status_code == 200, answer.text
        return ElementTree.fromstring(answer.content)

    def report(self) -> str:
        told = self.send(
            "requests.xml",
            service_code=self.server.realtime_code,
            lat=str(self.server.lat),
            long=str(self.server.long),
            description="title: Pothole | detail: deep",
        )
        return str(told.findtext("request/service_request_id"))

    def comment(self, report: str, number: int, state: str, text: str) -> None:
        """Write a comment of one of its users to the council; remember what it is called there."""
        told = self.send(
            "servicerequestupdates.xml",
            service_request_id=report,
            update_id=str(number),
            updated_datetime=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
            status=state,
            description=text,
            email="resident@person.example",
            first_name="Ada",
            last_name="Lovelace",
            title="MS",
            public_anonymity_required="FALSE",
            email_alerts_requested="FALSE",
        )
        self.known[str(told.findtext("request_update/update_id"))] = state.lower()

    def fetch(self, since: datetime) -> list[dict[str, Any]]:
        """The updates of the council that are new to it."""
        dates = {
            "start_date": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end_date": (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        answer = self.session.get(
            f"{self.server.base_url}/servicerequestupdates.xml",
            params=dates | {"jurisdiction_id": self.server.jurisdiction_id},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        found = [
            {each.tag: each.text for each in update}
            for update in ElementTree.fromstring(answer.content).iter("request_update")
        ]
        new = [each for each in found if each["update_id"] not in self.known]
        for each in new:
            assert dates["start_date"] <= each["updated_datetime"] <= dates["end_date"]
            self.known[each["update_id"]] = each["status"]
        return new


def test_a_site_and_a_council_keep_each_other_up_to_date(running_server: RunningServer) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    site = FixMyStreet(running_server)
    report = site.report()
    site.comment(report, 1, "OPEN", "It is getting deeper.")
    assert report not in {each["service_request_id"] for each in site.fetch(began)}

    running_server.server.command(
        *("requests", "update", report, "--jurisdiction", running_server.jurisdiction_id),
        *("--status", "action_scheduled", "--description", "A crew comes on Friday."),
    )
    (scheduled,) = [each for each in site.fetch(began) if each["service_request_id"] == report]
    assert scheduled["status"] == "action_scheduled"
    assert scheduled["description"] == "A crew comes on Friday."
    assert not [each for each in site.fetch(began) if each["service_request_id"] == report]

    site.comment(report, 2, "FIXED", "It is filled, thanks.")
    shown = site.session.get(f"{running_server.base_url}/requests/{report}.xml", timeout=20)
    request = ElementTree.fromstring(shown.content).find("request")
    assert request is not None
    assert request.findtext("status") == "closed"
    assert request.findtext("status_notes") == "It is filled, thanks."
