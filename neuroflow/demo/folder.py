"""The folder of a demo: a new one for every run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neuroflow.demo.service import NOTICE
from neuroflow.errors import DemoError

DEFAULT_SEED = 0
"""The demo's seed; the known differences come out with any."""

_MADE = """: invented people, phantom images, and values
drawn from published group statistics (Archer et al. 2019, doi:10.1016/S2589-7500(19)30105-0).
"""
README = f"""{NOTICE}

Everything here was made by `neuroflow demo` or its function start_demo{_MADE}
The parts, as far as they were made:

scans, participants.tsv   the cohort
project                   the workspace: what was sent and what came back
service                   the embedded service: its keys, what it received and what it answered
population                results of further simulated people, in part with three to five visits
cohort_table.*            one row per study, region and metric, of all these people
comparison.csv            every group against the controls, first visits, age and sex as covariates
figures                   the same as pictures

The few people who are sent would show little, as few real ones would. The comparison therefore
has the results of all these people: the differences that 1002 people showed come out with any seed.
"""
TRIED = f"""{NOTICE}

Everything here was made by *Try with simulated scans* in the Connect form{_MADE}
scans, participants.tsv   the cohort
service                   the embedded service: its keys, what it received and what it answered

What was sent and what came back is in the workspace that this folder is in. Use another workspace
for real studies.
"""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The folder of one run, and where its parts are."""

    path: Path

    @property
    def readme(self) -> Path:
        """What the folder is."""
        return self.path / "README.txt"

    @property
    def scans(self) -> Path:
        """The folder of scans."""
        return self.path / "scans"

    @property
    def participants(self) -> Path:
        """The table of participants."""
        return self.path / "participants.tsv"

    @property
    def project(self) -> Path:
        """The workspace."""
        return self.path / "project"

    @property
    def population(self) -> Path:
        """The results of the other people, and their participants.tsv."""
        return self.path / "population"

    @property
    def service(self) -> Path:
        """The embedded service's folder."""
        return self.path / "service"

    @property
    def figures(self) -> Path:
        """The folder of figures."""
        return self.path / "figures"


def make_run_folder(folder: Path | str) -> DemoFolder:
    """Make the next numbered folder, so that no run disturbs another."""
    folder = Path(folder).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while not _made(folder / f"run-{number}"):
            number += 1
        made = DemoFolder(folder / f"run-{number}")
        made.readme.write_text(README, encoding="utf-8")
    except OSError as error:
        raise DemoError(
            f"The demo cannot write into {folder}.",
            why=f"{error.strerror}.",
            advice="Choose a writable folder: neuroflow demo FOLDER.",
        ) from error
    return made


def _made(folder: Path) -> bool:
    """Make a folder; False where another run has it already."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
