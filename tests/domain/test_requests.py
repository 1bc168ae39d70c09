"""What a service wants to know of the reporter, and how many pictures it takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open311.domain.folder import MediaRule, ReporterRule
from open311.domain.requests import pictures_wrong, reporter_missing
from open311.spec.submission import Submission

FIELDS = ["email", "phone", "first_name", "last_name", "device_id", "account_id"]
SOME = st.lists(st.sampled_from(FIELDS), unique=True)


@pytest.mark.parametrize(
    ("rule", "sent", "problems"),
    [
        (None, [], []),
        (ReporterRule(), [], []),
        (ReporterRule(all_of=["email"]), ["email"], []),
        (ReporterRule(all_of=["email"]), ["phone"], ["email: it is required."]),
        (
            ReporterRule(all_of=["email", "last_name"]),
            [],
            ["email: it is required.", "last_name: it is required."],
        ),
        (ReporterRule(one_of=["email", "phone"]), ["phone"], []),
        (
            ReporterRule(one_of=["email", "phone"]),
            ["first_name"],
            ["email, phone: one of them is required."],
        ),
        (
            ReporterRule(all_of=["last_name"], one_of=["email", "phone"]),
            [],
            ["last_name: it is required.", "email, phone: one of them is required."],
        ),
    ],
)
def test_what_is_missing_of_the_reporter_is_told_by_its_name(
    rule: ReporterRule | None, sent: list[str], problems: list[str]
) -> None:
    submission = Submission(service_code="x", **dict.fromkeys(sent, "given"))

    assert [*reporter_missing(rule, submission)] == problems


@given(SOME, SOME, SOME, SOME)
def test_what_was_sent_and_is_faulty_is_not_told_of_as_missing(
    all_of: list[str], one_of: list[str], sent: list[str], faulty: list[str]
) -> None:
    rule = ReporterRule(all_of=all_of, one_of=one_of)  # type: ignore[arg-type]
    submission = Submission(service_code="x", **dict.fromkeys(sent, "given"))

    told = reporter_missing(rule, submission, faulty)

    there = {*sent, *faulty}
    named = [each.partition(":")[0] for each in told]
    either = [", ".join(one_of)] if one_of and not there & {*one_of} else []
    assert named == [*(each for each in all_of if each not in there), *either]


@pytest.mark.parametrize(
    ("rule", "pictures", "words"),
    [
        (None, 99, None),
        (MediaRule(), 0, None),
        (MediaRule(least=1), 0, "media: 1 or more are needed"),
        (MediaRule(least=1), 1, None),
        (MediaRule(least=1, most=2), 2, None),
        (MediaRule(least=1, most=2), 3, "media: this service takes at most 2, not 3."),
        (MediaRule(most=0), 1, "media: this service takes at most 0, not 1."),
    ],
)
def test_a_service_takes_as_many_pictures_as_its_rule_says(
    rule: MediaRule | None, pictures: int, words: str | None
) -> None:
    told = pictures_wrong(rule, pictures)

    assert [each.startswith(str(words)) for each in told] == ([True] if words else [])
