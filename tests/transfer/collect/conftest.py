"""Fixtures of the tests of collecting."""

import pytest


@pytest.fixture
def results(tmp_path):
    """Return the folder that results are collected into."""
    return tmp_path / "results"
