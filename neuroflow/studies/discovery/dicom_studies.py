"""Group DICOM files into studies, and keep the diffusion series of each."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from neuroflow.models import StudyKind
from neuroflow.studies.archive import Member, shared_archives
from neuroflow.studies.dicom import (
    Weighting,
    is_derived,
    read_header,
    weighting_of,
)
from neuroflow.studies.discovery.beside import damaged_beside, sidecar_beside
from neuroflow.studies.discovery.classify import ClassifiedFile, DicomSummary
from neuroflow.studies.discovery.grouping import (
    FoundStudy,
    Skipped,
    common_folder,
    make_study,
)
from neuroflow.studies.filenames import DIFFUSION_WORDS, printable
from neuroflow.studies.parallel import map_chunks

SAMPLE = 5
"""Headers read first of a series; the others follow until one is diffusion-weighted."""


@dataclass(slots=True)
class _Series:
    """The files of one series."""

    summary: DicomSummary
    files: list[ClassifiedFile]
    weighting: Weighting = field(default=Weighting.UNKNOWN)

    @property
    def name(self) -> str:
        return printable(self.summary.series_description) or "without a name"

    @property
    def says_diffusion(self) -> bool:
        """Whether its name or type mentions diffusion, for makers whose b-values are unknown."""
        raw = [file.summary for file in self.files if not _is_map(file)]
        return any(
            summary is not None
            and (
                DIFFUSION_WORDS.search(summary.series_description)
                or "DIFFUSION" in summary.image_type
            )
            for summary in raw
        )


def dicom_studies(
    root: Path, files: Sequence[ClassifiedFile], skipped: list[Skipped], executor: Executor | None
) -> list[FoundStudy]:
    """Group DICOM files into studies; each archive holds studies of its own."""
    groups: dict[tuple[str, str, str], dict[str, _Series]] = defaultdict(dict)
    for file in files:
        if file.kind == "dicom" and file.summary is not None:
            summary = file.summary
            archive = str(file.member.path) if file.member.name else ""
            study = groups[archive, summary.study_uid, summary.patient_id]
            study.setdefault(summary.series_uid, _Series(summary, [])).files.append(file)
    studies = [list(series.values()) for series in groups.values()]
    _weigh([series for study in studies for series in study], executor)
    chosen = [_choose(study, skipped) for study in studies]
    kept = [[file for series in study for file in series.files] for study, _ in chosen]
    damaged = damaged_beside(kept, files)
    sidecars = sidecar_beside(root, kept, files)
    return [
        _found(root, picked, everything, (*damaged[number], *sidecars[number]), reason)
        for number, ((picked, reason), everything) in enumerate(zip(chosen, studies, strict=True))
    ]


def _weigh(series: Sequence[_Series], executor: Executor | None) -> None:
    """Find out which series hold diffusion-weighted images."""
    todo = [one for one in series if one.summary.modality in ("MR", "")]
    batches = [_reading_order(one) for one in todo]
    for start, found in map_chunks(_weightings, batches, executor=executor, chunk=16, cost=SAMPLE):
        for one, weighting in zip(todo[start:], found, strict=False):
            one.weighting = weighting


def _reading_order(series: _Series) -> tuple[Member, ...]:
    """Order the images of a series: a spread sample, then the others in a random order."""
    raw = sorted((f for f in series.files if not _is_map(f)), key=lambda file: file.instance)
    steps = {round(i * (len(raw) - 1) / (SAMPLE - 1)) for i in range(SAMPLE)} if raw else set()
    others = [file for number, file in enumerate(raw) if number not in steps]
    # An even sample alone may fall on the images without weighting, whose positions are periodic.
    random.Random(len(raw)).shuffle(others)  # noqa: S311  the same order each time
    return tuple(file.member for file in (*(raw[step] for step in sorted(steps)), *others))


def _is_map(file: ClassifiedFile) -> bool:
    return file.summary is not None and is_derived(file.summary.image_type)


def _weightings(batches: Sequence[tuple[Member, ...]]) -> list[Weighting]:
    with shared_archives():
        return [_weighting(members) for members in batches]


def _weighting(members: Sequence[Member]) -> Weighting:
    """Read headers until one is weighted; all of them where none is."""
    seen = set()
    for member in members:
        try:
            with member.open() as stream:
                weighting = weighting_of(read_header(stream))
        except Exception:  # noqa: BLE001, S112  the check, which reads every header, counts it
            continue
        if weighting is Weighting.WEIGHTED:
            return weighting
        seen.add(weighting)
    return Weighting.NONE if seen == {Weighting.NONE} else Weighting.UNKNOWN


def _choose(study: Sequence[_Series], skipped: list[Skipped]) -> tuple[list[_Series], str]:
    """Choose the series to keep, and state why where none is diffusion."""
    kept = [series for series in study if series.weighting is Weighting.WEIGHTED]
    if not kept:  # the check states what to do with makers whose b-values are not read
        kept = [
            series
            for series in study
            if series.weighting is Weighting.UNKNOWN
            and series.summary.modality in ("MR", "")
            and series.says_diffusion
        ]
    if kept:
        left = [series for series in study if series not in kept]
        skipped += [_other_series(series) for series in left]
        return kept, ""
    names = ", ".join(sorted({f'{one.summary.modality or "?"} "{one.name}"' for one in study}))
    return list(study), f"DICOM study without diffusion: {names}"


def _other_series(series: _Series) -> Skipped:
    reason = f'other series of a study: {series.summary.series_number} "{series.name}"'
    return Skipped(common_folder(f.place for f in series.files), reason, len(series.files))


def _found(
    root: Path,
    kept: Sequence[_Series],
    everything: Sequence[_Series],
    further: Sequence[Member],
    reason: str,
) -> FoundStudy:
    summary = kept[0].summary
    members = sorted(file.member for series in kept for file in series.files)
    study = make_study(
        [*members, *sorted(further)], root, kind=StudyKind.DICOM, study_uid=summary.study_uid
    )
    return FoundStudy(
        study,
        place=members[0].place,
        patient_id=summary.patient_id,
        study_date=summary.study_date,
        detail=summary.series_description or str(summary.series_number),
        series=tuple(_listed(everything)),
        further=tuple(member.place for member in further),
        without_diffusion=reason,
    )


def _listed(everything: Sequence[_Series]) -> Iterator[tuple[str, int, tuple[Path, ...]]]:
    for series in everything:
        paths = tuple(sorted(file.place for file in series.files))
        yield series.summary.series_uid, series.summary.series_number, paths
