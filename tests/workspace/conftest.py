"""What the tests of a workspace share."""

import pytest

import neuroflow as nf


@pytest.fixture
def silent():
    """Return a listener that does nothing; progress bars would stand in the output."""
    return lambda _event: None


@pytest.fixture
def ws(tmp_path):
    """Open a workspace that knows no service."""
    with nf.Workspace(tmp_path / "project") as workspace:
        yield workspace


@pytest.fixture
def errors_of():
    """Return a function that lists the errors among findings as (study, rule)."""

    def pairs(findings):
        bad = findings[findings["severity"] == "error"]
        return list(zip(bad["study"], bad["rule"], strict=True))

    return pairs


@pytest.fixture
def set_quiet_seconds(workspace):
    """Return a function that sets the quiet time of a workspace's server."""

    def write(seconds):
        with (workspace.folder / "neuroflow.toml").open("a") as config:
            config.write(f"\n[settings]\nquiet_seconds = {seconds}\n")

    return write
