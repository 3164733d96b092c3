"""studies.tsv: corrections of the studies that were found, made by the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from neuroflow.errors import FolderError
from neuroflow.io import read_text_table
from neuroflow.models import Study
from neuroflow.studies.demographics import parse_age, parse_sex
from neuroflow.studies.discovery.grouping import FoundStudy, Skipped

COLUMNS = ("path", "study_uid", "participant_id", "session_id", "age", "sex", "series", "use")
"""Columns of studies.tsv; path or study_uid selects a study."""
_NO = frozenset({"no", "n", "0", "false"})


def apply_overrides(
    path: Path, root: Path, found: Sequence[FoundStudy], skipped: list[Skipped]
) -> list[FoundStudy]:
    """Apply the corrections of a studies.tsv to the studies found."""
    if not path.is_file():
        return list(found)
    result = list(found)
    for number, row in _read(path):
        hits = [index for index, one in enumerate(result) if _is_selected(row, one.study, root)]
        if not hits:
            raise FolderError(
                f"Line {number} of {path.name} selects a study that is not in the folder.",
                why=f"{row.get('path') or row.get('study_uid') or 'Path and study_uid are empty'}.",
                advice="Enter a path below the folder, or a Study Instance UID.",
            )
        for index in hits:
            result[index] = _corrected(result[index], row, f"line {number} of {path.name}")
        if row.get("use", "").casefold() in _NO:
            reason = f"excluded by {path.name}"
            skipped += [
                Skipped(result[i].study.root, reason, len(result[i].study.files)) for i in hits
            ]
            result = [one for index, one in enumerate(result) if index not in hits]
    return result


def _read(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Read the rows after their lines; numbers with a decimal point."""
    table = read_text_table(path, error=FolderError, known=COLUMNS)
    unknown = [name for name in table.header if name not in COLUMNS]
    if unknown:
        raise FolderError(
            f"{path.name} has an unknown column {unknown[0]!r}.",
            advice=f"Known columns are {', '.join(COLUMNS)}.",
        )
    return [
        (line, {**row, "age": table.with_point(row.get("age", ""))})
        for line, row in table.records()
    ]


def _is_selected(row: Mapping[str, str], study: Study, root: Path) -> bool:
    if row.get("study_uid"):
        return study.study_uid == row["study_uid"]
    if not row.get("path"):
        return False
    named = root / row["path"]
    return any(file == named or file.is_relative_to(named) for file in study.files)


def _corrected(one: FoundStudy, row: Mapping[str, str], where: str) -> FoundStudy:
    study = one.study
    age, sex = row.get("age", ""), row.get("sex", "")
    if (age and parse_age(age) is None) or (sex and parse_sex(sex) is None):
        raise FolderError(
            f"The age or sex in {where} is not valid.",
            advice="Write the age in years, and the sex as M or F.",
        )
    study = replace(
        study,
        participant_id=row.get("participant_id") or study.participant_id,
        session_id=row.get("session_id") or study.session_id,
        age=parse_age(age) if age else study.age,
        sex=parse_sex(sex) if sex else study.sex,
    )
    if row.get("series"):
        study = replace(study, files=_series_files(one, row["series"], where))
        one = replace(one, without_diffusion="")
    return replace(one, study=study)


def _series_files(one: FoundStudy, wanted: str, where: str) -> tuple[Path, ...]:
    for uid, number, paths in one.series:
        if wanted in (uid, str(number)):
            folders = {path.parent for path in paths}
            beside = (path for path in one.further if path.parent in folders)
            return (*sorted(paths), *beside)
    names = ", ".join(str(number) for _, number, _ in one.series) or "none"
    raise FolderError(
        f"The study has no series {wanted}, named in {where}.",
        why=f"Its series are {names}.",
        advice="Enter a series number or a Series Instance UID of the study.",
    )
