import os
import shlex
import subprocess

import pytest
from support.keys import keygen

from neuroflow.errors import KeyFileError
from neuroflow.transfer.ssh.keys import (
    check_key,
    load_key,
    make_key,
    public_key,
    restrict_permissions,
)

posix = pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "id_key"


def test_a_made_key_is_what_openssh_says_it_is(path):
    public = make_key(path, comment="site 7")
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", path], capture_output=True, text=True, check=True
    )
    assert public.fingerprint in shown.stdout
    assert path.with_name("id_key.pub").read_text() == public.line + "\n"
    assert public.line.startswith("ssh-ed25519 ")
    assert public.line.endswith(" site 7")
    assert public_key(path).fingerprint == public.fingerprint


@posix
def test_a_made_key_is_for_its_owner_only(path):
    make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_key_is_overwritten(path):
    make_key(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="exists already"):
        make_key(path)
    assert path.read_bytes() == before


def test_a_key_that_cannot_be_made_leaves_nothing(path, tmp_path):
    path.mkdir()
    with pytest.raises(KeyFileError, match="exists already"):
        make_key(path)
    assert [p.name for p in tmp_path.iterdir()] == ["id_key"]
    with pytest.raises(KeyFileError, match="cannot be written"):
        make_key(tmp_path / ("x" * 250) / ("y" * 254))


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
@pytest.mark.parametrize(
    ("kind", "bits"), [("rsa", "2048"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521")]
)
def test_keys_of_the_accepted_kinds_load_in_every_form(path, kind, bits, form):
    keygen(path, kind, bits, form=form)
    fingerprint = subprocess.run(
        ["ssh-keygen", "-l", "-f", path], capture_output=True, text=True, check=True
    ).stdout.split()[1]
    assert public_key(path).fingerprint == fingerprint


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
def test_a_protected_key_needs_its_passphrase(path, form):
    keygen(path, "ecdsa", form=form, passphrase="open sesame")
    with pytest.raises(KeyFileError, match="protected by a passphrase"):
        load_key(path)
    with pytest.raises(KeyFileError, match="passphrase does not open"):
        load_key(path, "wrong")
    assert load_key(path, "open sesame")


@pytest.mark.cures("KeyFileError")
@pytest.mark.parametrize("cipher", ["chacha20-poly1305@openssh.com", "aes128-cbc", "3des-cbc"])
def test_the_advice_for_an_unreadable_cipher_works(path, cipher):
    keygen(path, "ed25519", None, "-Z", cipher, passphrase="open sesame")
    for attempt in (
        lambda: load_key(path, "open sesame"),
        lambda: load_key(path),
        lambda: check_key(path).error,
    ):
        error = attempt_error(attempt)
        assert f"encrypted with {cipher}" in error.what
    command = shlex.split(error.advice.split("`")[1])
    before = path.with_name("id_key.pub").read_text()
    subprocess.run([*command, "-P", "open sesame", "-N", "open sesame"], check=True)
    assert public_key(path, "open sesame").line.split()[1] == before.split()[1]
    assert check_key(path, "open sesame").is_usable


def attempt_error(attempt):
    try:
        return attempt()
    except KeyFileError as error:
        return error


@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-cbc", "aes256-gcm@openssh.com"])
def test_ciphers_that_can_be_read(path, cipher):
    keygen(path, "ed25519", None, "-Z", cipher, passphrase="open sesame")
    assert load_key(path, "open sesame")


def test_a_passphrase_too_many_does_no_harm(path):
    make_key(path)
    assert load_key(path, "not needed")


def test_a_made_key_can_be_protected(path):
    make_key(path, passphrase="open sesame")
    with pytest.raises(KeyFileError, match="protected"):
        load_key(path)
    assert load_key(path, "open sesame")


@posix
def test_open_permissions_are_refused_and_mended(path):
    make_key(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="accessible to other users") as caught:
        load_key(path)
    assert caught.value.advice == f"chmod 600 {path}"
    restrict_permissions(path)
    assert load_key(path)


MISTAKES = {
    "PuTTY": b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
    "public key": b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@here\n",
    "DSA": b"-----BEGIN DSA PRIVATE KEY-----\nMIIB\n-----END DSA PRIVATE KEY-----\n",
    "not a private key": b"\x89PNG\r\n\x1a\n" + bytes(300),
}


@pytest.mark.parametrize("said", MISTAKES)
def test_files_given_by_mistake_are_recognised(path, said):
    path.write_bytes(MISTAKES[said])
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=said) as caught:
        load_key(path)
    assert caught.value.advice


def test_the_pub_file_beside_is_recognised_too(path):
    make_key(path)
    with pytest.raises(KeyFileError, match="public key"):
        load_key(path.with_name("id_key.pub"))


def test_a_public_key_file_is_its_own_public_key(path):
    made = make_key(path, comment="site 7")
    path.unlink()
    assert public_key(path.with_name("id_key.pub")) == made


def test_a_dsa_key_in_openssh_form_is_recognised(path):
    try:
        keygen(path, "dsa")
    except subprocess.CalledProcessError:
        pytest.skip("this ssh-keygen makes no DSA keys any more")
    with pytest.raises(KeyFileError, match="DSA"):
        load_key(path)


def test_a_short_rsa_key_is_refused(path):
    keygen(path, "rsa", "1024")
    with pytest.raises(KeyFileError, match="2048 bits"):
        load_key(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(KeyFileError, match="does not exist"):
        load_key(tmp_path / "nothing")
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_key(tmp_path)
