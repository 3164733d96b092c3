"""From an upload to its result folder: the pipeline behind the service."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from neuroflow.demo.service.aidp import aidp_text
from neuroflow.demo.service.drawing import draw_failure, draw_prediction
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.demo.service.read_upload import Upload, read_upload
from neuroflow.demo.service.reference_stats import GROUPS
from neuroflow.demo.service.report import failure_text, predict, prediction_text
from neuroflow.errors import StudyError
from neuroflow.models import RESULT_FILES

FAILURE_FILES = ("failure_report.png", "failure_report.txt")
"""The files of a failed study in place of results; neuropacs publishes no names for them."""

GroundTruth = Callable[[str], Subject | None]
"""Returns the subject of a study; None where that is not known."""


def unknown_subject(study_id: str) -> Subject | None:  # noqa: ARG001
    """Return None: of no study is it known whose it is."""
    return None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Turns uploads into result folders."""

    output: Callable[[Path], Path]  # Returns where the result folder of an upload goes
    staging: Path  # Where files are written first
    layout: str = "wide"  # Of aidp.csv.
    # The share of valid studies that fail all the same; the same ones for the same seed.
    failure_rate: float = 0.0
    seed: int = 0  # Of the simulated values and failures
    truth: GroundTruth = unknown_subject  # Returns whose a study is
    clock: Callable[[], datetime] = datetime.now  # The local time that the reports show
    log: Path | None = None  # Where each study's states are logged; None for nowhere
    same_study_seconds: float = 300.0  # How long a study with the same UID overwrites another
    last: dict[str, tuple[float, Path]] = field(default_factory=dict)  # When and where, by UID

    def process(self, upload: Path) -> None:
        """Write the result folder of one upload, or its failure report."""
        study_id, at = upload.stem, self.clock()
        self._log(study_id, "processing")
        try:
            content = read_upload(upload)
            self._overwrite(content.study_uid, upload)
            if share(self.seed, "failure", study_id) < self.failure_rate:
                raise StudyError("The image quality is not sufficient.")  # noqa: TRY301
            files, state = self._results(study_id, content, at), "completed"
        except (StudyError, FileNotFoundError) as error:
            files, state = _failure(error, study_id, at), f"failed: {error}"
        self._publish(self.output(upload), study_id, files)
        self._log(study_id, state)

    def _overwrite(self, study_uid: str, upload: Path) -> None:
        """Drop the results of a study with the same UID that was uploaded minutes before."""
        if not study_uid:
            return
        at, folder = upload.stat().st_mtime, self.output(upload) / f"{upload.stem}_out"
        before, other = self.last.get(study_uid, (-math.inf, folder))
        if other != folder and abs(at - before) <= self.same_study_seconds:
            shutil.rmtree(other, ignore_errors=True)
            self._log(other.name.removesuffix("_out"), f"overwritten by {upload.stem}")
        self.last[study_uid] = at, folder

    def _results(self, study_id: str, content: Upload, at: datetime) -> Iterator[tuple[str, bytes]]:
        subject = self.truth(study_id) or Subject(
            study_id, _drawn_group(self.seed, study_id), content.age, content.sex
        )
        values = simulate(subject, self.seed)
        prediction = predict(values)
        yield "prediction.png", draw_prediction(prediction, study_id, at)
        yield "prediction.txt", prediction_text(prediction, study_id, at).encode()
        yield "aidp.csv", aidp_text(values, study_id, self.layout).encode()

    def _log(self, study_id: str, state: str) -> None:
        if self.log is not None:
            self.log.parent.mkdir(exist_ok=True)
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{self.clock():%Y-%m-%d %H:%M:%S} {study_id} {state}\n")

    def _publish(self, output: Path, study_id: str, files: Iterator[tuple[str, bytes]]) -> None:
        """Make the files appear one after the other, each of them complete."""
        folder = output / f"{study_id}_out"
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*RESULT_FILES, *FAILURE_FILES):  # of an earlier upload under this id
            (folder / old).unlink(missing_ok=True)
        for name, data in files:
            staged = self.staging / f"{study_id}-{name}"
            staged.write_bytes(data)
            staged.replace(folder / name)


def text_results(subject: Subject, study_id: str, at: datetime, seed: int) -> dict[str, str]:
    """Return the textual files of a result."""
    values = simulate(subject, seed)
    return {
        "prediction.txt": prediction_text(predict(values), study_id, at),
        "aidp.csv": aidp_text(values, study_id),
    }


def share(*words: object) -> float:
    """Turn words into a number from 0 to 1 that looks random and never changes."""
    digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _failure(error: Exception, study_id: str, at: datetime) -> Iterator[tuple[str, bytes]]:
    reason = error.message if isinstance(error, StudyError) else "The upload was removed."
    yield "failure_report.png", draw_failure(reason, study_id, at)
    yield "failure_report.txt", failure_text(reason, study_id, at).encode()


def _drawn_group(seed: int, study_id: str) -> str:
    return GROUPS[int(share(seed, "group", study_id) * len(GROUPS))]
