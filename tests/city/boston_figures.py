"""How far the rules that are learned for Boston agree with what became of its requests.

python -m tests.city.boston_figures                 learned from the half-year, and on it
python -m tests.city.boston_figures requests.csv.gz on the requests of another file
python -m tests.city.boston_figures --to FOLDER     the rules as a city folder, to be loaded
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from open311.domain import routing
from open311.domain.folder import CityFolder, Department, Jurisdiction
from open311.domain.routing import Decision, Report
from open311.formats import folder_files
from tests.city import boston, boston_rules
from tests.city.boston_rules import Learned, Seen

__all__ = ["Figures", "decided", "figures", "folder"]


class Figures(msgspec.Struct, frozen=True):
    """How far decisions agree with what became of requests: how many do, of how many."""

    rows: int
    department: int
    districts: int  # rows off the default point whose queue names a works district
    district: int
    queue: int  # of all rows, to the letter

    def __str__(self) -> str:
        return (
            f"department {self.department / self.rows:.2%} of {self.rows:,}; "
            f"works district {self.district / self.districts:.2%} of {self.districts:,}; "
            f"queue {self.queue / self.rows:.2%}"
        )


def decided(rules: Learned, some: Iterable[Seen]) -> list[Decision]:
    """Who acts, as the server decides it."""
    made = routing.compiled(rules.file, rules.services, rules.departments, boston_rules.ZONE, 1)
    return [
        routing.decide(made, Report(each.kind, each.group, {}, each.at, None, each.located))
        for each in some
    ]


def figures(rules: Learned, some: Sequence[Seen]) -> Figures:
    """Compare decisions with what became of requests."""
    pairs = [*zip(some, decided(rules, some), strict=True)]
    named = [(each, found) for each, found in pairs if each.district and not each.nowhere]
    return Figures(
        rows=len(pairs),
        department=sum(each.department == found.department for each, found in pairs),
        districts=len(named),
        district=sum(each.queue == found.queue for each, found in named),
        queue=sum(each.queue == found.queue for each, found in pairs),
    )


def folder(rules: Learned) -> CityFolder:
    """The rules with all that they name."""
    return CityFolder(
        jurisdiction=Jurisdiction(
            jurisdiction_id="boston.gov",
            name="Boston",
            timezone=boston_rules.ZONE.key,
            contact="Learned from open data; ask nobody.",
            key_service="There is none.",
        ),
        departments=tuple(Department(code=each, name=each) for each in rules.departments),
        services=rules.services,
        areas=(*boston_rules.layers(),),
        routing=rules.file,
    )


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def main(words: Sequence[str]) -> None:
    """Print the figures, or write the folder."""
    ground = boston_rules.grounds()
    past = boston_rules.seen(boston.requests(), ground)
    rules = boston_rules.learned(past)
    match words:
        case ["--to", path]:
            files = folder_files.files(folder(rules))
            encoded = {name: folder_files.encoded(each) for name, each in files.items()}
            folder_files.write(Path(path), encoded)
        case [file]:
            others = boston_rules.seen(boston.requests(Path(file)), ground)
            say(f"{len(rules.file.rules)} rules, on {file}: {figures(rules, others)}")
        case _:
            say(f"{len(rules.file.rules)} rules, on what they know: {figures(rules, past)}")
            for name, ours, theirs in boston_rules.halves(past):
                say(f"{name}: {figures(boston_rules.learned(ours), theirs)}")


if __name__ == "__main__":
    main(sys.argv[1:])
