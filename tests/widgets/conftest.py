"""Two small studies: the forms are tested here, not the reading of scans."""

import pytest

from neuroflow.demo.cohort import make_cohort
from neuroflow.workspace import Workspace


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory):
    """Return a folder with `scans` and `participants.tsv`, never changed."""
    folder = tmp_path_factory.mktemp("cohort")
    make_cohort(folder, n_studies=2, seed=1)
    return folder


@pytest.fixture
def empty(tmp_path):
    """Open a workspace in which nothing was done yet."""
    with Workspace(tmp_path / "empty") as ws:
        yield ws
