import ipywidgets as widgets
from support.forms import all_of, button, control
from support.waits import PATIENCE

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
