"""Two small studies: the forms are tested here, not the reading of scans."""

import pytest
from support.made_once import made_once

from neuroflow.demo.cohort import make_cohort
from neuroflow.widgets.common.private import PageLink
from neuroflow.workspace import Workspace


@pytest.fixture(autouse=True)
def _no_form_follows_the_page_for_longer():
    """Let forms of one test draw nothing when a later one changes the theme of the page."""
    yield
    for look in ("dark", "ratio"):
        PageLink.current().unobserve_all(look)


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory):
    """Return a folder with `scans` and `participants.tsv`, never changed."""
    return made_once(
        tmp_path_factory,
        "two_nifti_studies",
        lambda folder: make_cohort(folder, n_studies=2, seed=1, only_nifti=True),
    )


@pytest.fixture
def empty(tmp_path):
    """Open a workspace in which nothing was done yet."""
    with Workspace(tmp_path / "empty") as ws:
        yield ws
