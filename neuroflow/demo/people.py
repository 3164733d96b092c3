"""Who takes part in the demo: simulated people, their visits and the sites that scan them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from neuroflow.demo.service import GROUPS
from neuroflow.errors import DemoError

_FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "June")
_AGES = {"Control": 64.0, "PD": 65.0, "MSA": 63.0, "PSP": 69.0}  # plausible, not published


@dataclass(frozen=True, slots=True)
class Site:
    """Where studies are scanned, and in which form they come."""

    name: str  # As in participants.tsv.
    vendor: str  # Who made the scanner: ``"Siemens"``, ``"GE"`` or ``"Philips"``
    # Whether the site exports NIfTI instead of DICOM; one study each of GE and Philips stays
    # DICOM.
    converts: bool
    repetition_time: float  # In ms, within what the service accepts
    echo_time: float


SITES = (
    Site("Aurora", "Siemens", False, 8000.0, 82.0),
    Site("Boreal", "Siemens", True, 7500.0, 65.0),
    Site("Cirrus", "Philips", True, 9000.0, 86.0),
    Site("Dorado", "GE", True, 8400.0, 80.5),
)
"""The simulated sites."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One study of one simulated person."""

    number: int  # The person's number, from 0
    participant_id: str  # As in participants.tsv.
    session_id: str
    group: str  # The diagnosis
    age: float  # At the visit, in years
    sex: str  # ``"M"`` or ``"F"``
    site: Site  # Where
    day: date  # When
    years: int = 0  # Since the first visit

    @property
    def name(self) -> str:
        """An invented name, for the headers that de-identification empties."""
        return f"Simulated^{_FIRST_NAMES[self.number % len(_FIRST_NAMES)]}{self.number:03d}"

    @property
    def hospital_id(self) -> str:
        """An invented hospital number."""
        return f"SIM-{7_310_000 + 37 * self.number}"

    @property
    def birth(self) -> date:
        """An invented day of birth that fits the age."""
        return self.day - timedelta(days=round(self.age * 365.25))


def plan_visits(n_studies: int, seed: int = 0, groups: Sequence[str] = GROUPS) -> list[Visit]:
    """Plan who is scanned where and when; every sixth study is somebody's second visit."""
    unknown = [group for group in groups if group not in GROUPS]
    if unknown or not groups:
        raise DemoError(
            f"No people of the groups {', '.join(unknown)} can be simulated."
            if unknown
            else "No group of people is named.",
            advice=f"Use some of {', '.join(GROUPS)}.",
        )
    draw = np.random.default_rng(seed)
    n_people = _n_people(n_studies)
    first = [_first_visit(number, draw, groups) for number in range(n_people)]
    second = [_later_visit(visit, 1) for visit in first[: n_studies - n_people]]
    return _sorted(first + second)


def plan_others(n_people: int, n_studies: int, seed: int = 0) -> list[Visit]:
    """Plan the visits of the people beyond those of `plan_visits`, up to a number of people."""
    draw = np.random.default_rng(seed)
    sent = _n_people(n_studies)
    first = [_first_visit(number, draw) for number in range(max(n_people, sent))][sent:]
    later = [
        _later_visit(visit, year)
        for visit in first
        if (turn := visit.number // len(GROUPS)) % 3 == 0
        # Of each group, every third one comes three to five times, a year apart, the others once.
        for year in range(1, 3 + turn // 3 % 3)
    ]
    return _sorted(first + later)


def _n_people(n_studies: int) -> int:
    return n_studies - n_studies // 6


def _sorted(visits: list[Visit]) -> list[Visit]:
    return sorted(visits, key=lambda visit: (visit.participant_id, visit.session_id))


def _first_visit(number: int, draw: np.random.Generator, groups: Sequence[str] = GROUPS) -> Visit:
    turn, position = divmod(number, len(groups))
    group = groups[position]
    return Visit(
        number=number,
        participant_id=f"D{number + 1:03d}",
        session_id="01",
        group=group,
        age=round(float(np.clip(draw.normal(_AGES[group], 7.0), 46.0, 84.0)), 1),
        sex="MF"[(turn + position) % 2],
        # Shifted by one per round of groups, so that no site sees one group alone.
        site=SITES[(position + turn) % len(SITES)],
        day=date(2023, 1, 9) + timedelta(days=11 * number),
    )


def _later_visit(first: Visit, years: int) -> Visit:
    return Visit(
        number=first.number,
        participant_id=first.participant_id,
        session_id=f"{years + 1:02d}",
        group=first.group,
        age=round(first.age + years, 1),
        sex=first.sex,
        site=first.site,
        years=years,
        day=first.day + timedelta(days=round(365.25 * years)),
    )
