"""What is unexpected in the values of studies, for warnings, captions and methods texts.

Each study has its warnings in words. Here they are counted over all studies, one sentence per
kind, so that none of them is only found by who asks for the facts of a study.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuroflow.matrix import find_outlying, find_suspects
from neuroflow.results.table.values import ValueMatrix
from neuroflow.results.warning_kinds import KINDS, WarningKind

_COUNT = re.compile(r"(?P<kind>[^():]+?)(?: \((?P<count>\d+)\))?(?:: .*)?", re.DOTALL)
_FEW = 0.8  # of the values that most studies have
_COHORT = 10  # studies: fewer do not show what most have
_SHOWN = 3
_NAMED = 10

_SEEN_AGAIN = frozenset({WarningKind.OUTSIDE, WarningKind.EXTREME})
"""What every comparison examines itself: its own note is of the values that it used."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One kind of unexpected values, and where it is."""

    kind: WarningKind
    n: int  # How many values, columns or rows, over all studies
    study_ids: tuple[str, ...]

    def __str__(self) -> str:
        """Return one sentence with counts and ids."""
        shown = ", ".join(self.study_ids[:_NAMED]) + ", ..." * (len(self.study_ids) > _NAMED)
        what, n = KINDS[self.kind], len(self.study_ids)
        many = f"{self.n} in " if self.n != n else ""
        where = f"{many}{n} {'study' if n == 1 else 'studies'}"
        return f"{what[0].upper()}{what[1:]} ({where}): {shown}"


def value_warnings(values: ValueMatrix) -> dict[int, list[str]]:
    """Return warnings about values that only the whole matrix shows, by its row."""
    found: dict[int, list[str]] = {}
    extreme = find_suspects(values.matrix, [name.metric for name in values.names]).extreme
    for row in np.flatnonzero(extreme.any(axis=1)).tolist():
        places = np.flatnonzero(extreme[row]).tolist()
        named = [
            f"{values.names[j].region} {values.names[j].metric} {values.matrix[row, j]:g}"
            for j in places[:_SHOWN]
        ]
        more = f", and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        found[row] = [f"{WarningKind.EXTREME} ({len(places)}): {', '.join(named)}{more}"]
    for row, n in find_outlying(values.matrix).items():
        found.setdefault(row, []).append(
            f"{WarningKind.OUTLIERS} ({n}): regions beyond 6 robust SD"
        )
    return found


def case_warnings(study_ids: Iterable[str]) -> dict[str, str]:
    """Return the remark on ids that may be one, written in capitals and in small letters.

    >>> case_warnings(["S1", "S2", "s2"])
    {'S2': 'id differs in case only: s2', 's2': 'id differs in case only: S2'}
    """
    alike: dict[str, list[str]] = {}
    for study_id in study_ids:
        alike.setdefault(study_id.casefold(), []).append(study_id)
    return {
        one: f"{WarningKind.CASE_ONLY}: {', '.join(other for other in group if other != one)}"
        for group in alike.values()
        if len(group) > 1
        for one in group
    }


def count_warning(n: int, usual: int, studies: int) -> str:
    """Return the remark on a study with another number of values than most; often nothing."""
    if not n:
        return WarningKind.NO_VALUES.value
    if n == usual:
        return ""
    text = f"{n} numbers, most studies have {usual}"
    is_few = n < _FEW * usual and studies >= _COHORT
    return f"{WarningKind.FEW_VALUES}: {text}" if is_few else text


def summarise(warnings: Mapping[str, Sequence[str]]) -> list[Remark]:
    """Count the warnings of studies by kind.

    >>> print(summarise({"a": ["no number (2): pSN FW 'x' in line 2, ..."], "b": []})[0])
    Cells that hold no number (2 in 1 study): a
    """
    counts: dict[WarningKind, int] = {}
    studies: dict[WarningKind, list[str]] = {}
    for study_id, texts in warnings.items():
        for text in texts:
            match = _COUNT.fullmatch(text)
            found = match["kind"].strip() if match else ""
            if match is None or found not in KINDS:
                continue
            kind = WarningKind(found)
            counts[kind] = counts.get(kind, 0) + int(match["count"] or 1)
            if study_id not in studies.setdefault(kind, []):
                studies[kind].append(study_id)
    return [Remark(kind, counts[kind], tuple(studies[kind])) for kind in KINDS if kind in counts]


def as_notes(remarks: Sequence[Remark]) -> list[str]:
    """Return the sentences on the reading for captions and methods texts: numbers without ids."""
    notes = []
    for each in remarks:
        if each.kind in _SEEN_AGAIN:
            continue
        n = len(each.study_ids)
        notes.append(
            f"When results were read: {KINDS[each.kind]} ({each.n} in "
            f"{n} {'study' if n == 1 else 'studies'})."
        )
    return notes
