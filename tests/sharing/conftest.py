"""A workspace with results, made without a service."""

import pytest
from support.collected import collect_into, people

from neuroflow.workspace import Workspace


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return an open workspace of 16 people with two visits each."""
    with Workspace(tmp_path_factory.mktemp("secret-place") / "my-project") as ws:
        collect_into(ws, people(16, visits=2))
        yield ws
