"""Profiles of a service: which one is in use, and what is forgotten with it."""

from pathlib import Path

import pytest

from neuroflow.transfer.ssh.profile import Profile
from neuroflow.workspace.connection.service import Service


@pytest.fixture
def service(tmp_path):
    """Return the way to a service of two profiles, of which the new one is in use."""
    service = Service(tmp_path, environ={})
    for name in ("old", "new"):
        service.save_profile(Profile("h", name, Path("k"), name=name))
    service.use_passphrase("secret")
    return service


def test_the_profile_in_use_names_the_server(service):
    assert (service.profile_name, service.profile_names) == ("new", ["old", "new"])
    assert service.name == "new@h:22"


def test_another_profile_has_another_passphrase(service):
    service.use_profile("old")
    assert (service.name, service._unlock()) == ("old@h:22", None)


def test_removing_an_unused_profile_keeps_everything_else(service):
    service.remove_profile("old")
    assert (service.name, service._unlock()) == ("new@h:22", "secret")
    service.remove_profile("new")
    assert (service.name, service.profile_names, service._unlock()) == ("", [], None)
