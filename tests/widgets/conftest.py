"""Two small studies: the forms are tested here, not the reading of scans."""

import pytest

from neuroflow.demo.cohort import make_cohort


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory):
    """Return a folder with `scans` and `participants.tsv`, never changed."""
    folder = tmp_path_factory.mktemp("cohort")
    make_cohort(folder, n_studies=2, seed=1)
    return folder
