"""Fixtures of the tests of SFTP."""

import os

import pytest


@pytest.fixture
def local(tmp_path):
    """Return a local file of some requests and a rest."""
    path = tmp_path / "x.zip"
    path.write_bytes(os.urandom(3_000_001))
    return path
