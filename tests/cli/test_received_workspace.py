"""A workspace from somebody else on the command line."""

from neuroflow.io import CONFIG_VARIABLE


def test_its_settings_are_listed_and_refused_until_confirmed(
    project, run, service, tmp_path, monkeypatch
):
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "other computer"))
    code, _, said = run("status", project)
    assert code == 4
    assert f"leads to {service.host}, port {service.port}, as user {service.user}" in said
    assert "--confirm" in said
    assert run("connect", project)[0] != 0
    assert run("connect", project, "--confirm")[0] == 0
    assert run("status", project)[0] == 0
