from dataclasses import replace

import ipywidgets as widgets
import pytest
from support.forms import all_of, button, control, html_of
from support.waits import PATIENCE

from neuroflow.errors import KeyFileError
from neuroflow.transfer.ssh.keys import load_key, make_key
from neuroflow.widgets.connect.model import ConnectModel
from neuroflow.widgets.connect.view import connect_form


def test_a_field_and_its_model_follow_each_other(empty):
    model = ConnectModel(empty)
    view = connect_form(model)
    host = next(t for t in all_of(view, widgets.Text) if t.description == "Host")
    host.value = "sftp.example.org"
    assert model.host == "sftp.example.org"
    model.host = "other.example.org"
    assert host.value == "other.example.org"


def test_passphrase_field_is_cleared_on_use(empty, tmp_path):
    model = ConnectModel(empty)
    view = connect_form(model)
    model.key = str(tmp_path / "key")
    (secret,) = all_of(view, widgets.Password)
    secret.value = "open sesame"
    button(view, "Create a key").click()
    assert model.join(PATIENCE)
    assert secret.value == ""
    assert b"OPENSSH PRIVATE KEY" in (tmp_path / "key").read_bytes()


def test_a_pasted_fingerprint_is_compared_before_it_can_be_confirmed(empty):
    model = ConnectModel(empty)
    view = connect_form(model)
    pasted = next(t for t in all_of(view, widgets.Text) if t.description == "Fingerprint")
    model.set(
        shown_keys=("ssh-ed25519 SHA256:aa", "ssh-rsa SHA256:bb"),
        pinned_keys=("SHA256:cc",),
        host_key_changed=True,
    )

    def shown():
        return " ".join(label.value for label in all_of(view, widgets.HTML))

    assert all(mark in shown() for mark in ("SHA256:aa", "SHA256:bb", "SHA256:cc"))
    pasted.value = "SHA256:dd"
    assert "Different: the server shows no such fingerprint" in shown()
    assert model.fingerprint == ""
    pasted.value = "SHA256:bb"
    assert "Equal: the server shows this fingerprint" in shown()
    assert model.fingerprint == "SHA256:bb"


def test_enter_in_a_field_tests_the_connection(empty, monkeypatch):
    model = ConnectModel(empty)
    view = connect_form(model)
    tested = []
    monkeypatch.setattr(model, "test", tested.append)
    host = control(view, "Host")
    host._handle_custom_msg({"event": "submit"}, [])
    assert tested == []
    model.set(host="h", user="u", key="k")
    host._handle_custom_msg({"event": "submit"}, [])
    assert tested == [""]


def at_field(view, label):
    """Return what stands below a field."""
    parent = next(box for box in all_of(view, widgets.Box) if control(view, label) in box.children)
    following = parent.children[parent.children.index(control(view, label)) + 1]
    return following.value if isinstance(following, widgets.HTML) else ""


def test_a_wrong_port_is_shown_at_its_field(empty):
    model = ConnectModel(empty)
    view = connect_form(model)
    model.port = 0
    assert "from 1 to 65535" in at_field(view, "Port")
    model.port = 22
    assert at_field(view, "Port") == ""


def test_a_missing_key_file_is_shown_before_the_test(empty, tmp_path):
    model = ConnectModel(empty)
    view = connect_form(model)
    model.key = str(tmp_path / "nowhere")
    assert f"There is no file {tmp_path / 'nowhere'}" in html_of(view)
    (tmp_path / "here").write_text("a key")
    model.key = str(tmp_path / "here")
    assert "There is no file" not in html_of(view)


def test_an_unusable_user_is_reported_at_its_field(empty):
    model = ConnectModel(empty)
    view = connect_form(model)
    model.set(host="sftp.example.org", user="$(id)", key="agent")
    button(view, "Test connection").click()
    assert "cannot be used" in at_field(view, "User")
    assert at_field(view, "Host") == ""
    model.user = "PH1234"
    assert model.problems == ()


def test_a_refused_host_is_shown_at_its_field_until_edited(empty):
    model = ConnectModel(empty)
    view = connect_form(model)
    model.set(host="no-such-host.invalid", user="u", key="agent")
    button(view, "Test connection").click()
    assert model.join(PATIENCE)
    assert "no-such-host.invalid" in at_field(view, "Host")
    model.user = "v"  # the test says nothing of the fields as they are now
    assert at_field(view, "Host") == ""


def test_a_wrong_passphrase_is_cured_by_typing(empty, tmp_path):
    make_key(tmp_path / "key", passphrase="open sesame")
    model = ConnectModel(empty)
    view = connect_form(model)
    model.set(host="h", user="u", key=str(tmp_path / "key"))
    control(view, "Passphrase").value = "wrong"
    model.report_error(unopened(tmp_path / "key"))
    assert "does not open" in at_field(view, "Passphrase")
    control(view, "Passphrase").value = "open"
    assert at_field(view, "Passphrase") == ""


def unopened(path):
    """Return the error of a passphrase that does not open a key."""
    with pytest.raises(KeyFileError) as caught:
        load_key(path, "wrong")
    return caught.value


def test_new_profile_can_be_left(workspace):
    model = ConnectModel(workspace)
    view = connect_form(model)
    host, name = model.host, model.profile
    button(view, "New profile").click()
    assert (model.host, model.profile) == ("", "")
    button(view, "Cancel").click()
    assert (model.host, model.profile) == (host, name)
    button(view, "New profile").click()
    control(view, "Saved profiles").value = name
    assert (model.host, model.profile) == (host, name)


def test_a_profile_is_not_overwritten_by_a_typed_name(workspace):
    workspace.service.save_profile(replace(workspace.service.profile, name="other", host="other"))
    model = ConnectModel(workspace)
    view = connect_form(model)
    typed = control(view, "Profile name")
    typed.value = "default"
    assert "There is a saved profile default" in html_of(view)
    assert button(view, "Test connection").disabled
    typed.value = "default-2"
    assert "There is a saved profile" not in html_of(view)
    assert model.host == "other"
