"""Fixtures of the tests of SSH."""

import pytest

from neuroflow.transfer.ssh.known_hosts import HostKeys


@pytest.fixture
def known(tmp_path):
    """Return a file of pinned host keys, still empty."""
    return HostKeys(tmp_path / "known_hosts")
