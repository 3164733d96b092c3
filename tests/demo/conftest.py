"""What the demo's tests share."""

from pathlib import Path

import pytest

from neuroflow.demo.cohort import make_cohort


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole demo cohort: scans/ and participants.tsv."""
    return make_cohort(tmp_path_factory.mktemp("cohort") / "demo").parent
