"""What `check_key` says of keys of ssh-keygen in every form, and of files given by mistake."""

import os
import subprocess

import pytest
from support.keys import keygen

from neuroflow.errors import KeyFileError
from neuroflow.transfer.ssh.keys import check_key, make_key

posix = pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
SECRET = "open sesame"
KINDS = [
    ("ed25519", None, "ssh-ed25519", 256),
    ("rsa", "3072", "ssh-rsa", 3072),
    ("ecdsa", "256", "ecdsa-sha2-nistp256", 256),
    ("ecdsa", "384", "ecdsa-sha2-nistp384", 384),
    ("ecdsa", "521", "ecdsa-sha2-nistp521", 521),
]
FORMS = {"RFC4716": "OpenSSH", "PEM": "PEM", "PKCS8": "PKCS#8"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "id_key"


def shown(path):
    """Return bits and fingerprint as OpenSSH shows them."""
    line = subprocess.run(
        ["ssh-keygen", "-l", "-f", f"{path}.pub"], capture_output=True, text=True, check=True
    ).stdout
    bits, fingerprint, *_ = line.split()
    return int(bits), fingerprint


@pytest.mark.parametrize(("kind", "length", "name", "bits"), KINDS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("passphrase", ["", SECRET], ids=["bare", "protected"])
def test_a_key_is_reported_as_openssh_shows_it(path, kind, length, name, bits, form, passphrase):
    keygen(path, kind, length, form=form, passphrase=passphrase)
    report = check_key(path, passphrase or None)
    assert (report.is_usable, report.is_protected) == (True, bool(passphrase))
    assert report.form == ("OpenSSH" if kind == "ed25519" else FORMS[form])
    assert (report.public.kind, report.bits) == (name, bits)
    assert (report.bits, report.public.fingerprint) == shown(path)


@pytest.mark.parametrize(("kind", "length", "name", "bits"), KINDS)
def test_openssh_shows_the_public_half_of_a_protected_key(path, kind, length, name, bits):
    keygen(path, kind, length, passphrase=SECRET)
    report = check_key(path)
    assert (report.is_usable, report.is_protected) == (True, True)
    assert (report.public.kind, report.bits, report.public.fingerprint) == (name, *shown(path))


def test_a_protected_pem_key_shows_nothing_without_passphrase(path):
    keygen(path, "rsa", "2048", form="PEM", passphrase=SECRET)
    report = check_key(path)
    assert (report.is_usable, report.is_protected, report.public) == (True, True, None)
    assert "passphrase does not open" in check_key(path, "wrong").error.what


@pytest.mark.parametrize("passphrase", ["", SECRET], ids=["bare", "protected"])
def test_a_short_rsa_key_is_not_accepted(path, passphrase):
    keygen(path, "rsa", "1024", passphrase=passphrase)
    report = check_key(path)
    assert (report.is_usable, report.bits) == (False, 1024)
    assert "2048 bits" in report.error.why


@posix
def test_open_permissions_are_reported_and_mended_when_asked(path):
    make_key(path)
    path.chmod(0o644)
    report = check_key(path)
    assert (report.is_usable, report.permissions, report.is_corrected) == (False, "644", False)
    assert report.error.advice == f"chmod 600 {path}"
    assert report.public.kind == "ssh-ed25519"
    mended = check_key(path, fix=True)
    assert (mended.is_usable, mended.permissions, mended.is_corrected) == (True, "600", True)
    assert not check_key(path, fix=True).is_corrected


MISTAKES = {
    "PuTTY": (b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "PuTTY"),
    "public key": (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me@here\n", ""),
    "DSA": (b"-----BEGIN DSA PRIVATE KEY-----\nMIIB\n-----END DSA PRIVATE KEY-----\n", "PEM"),
    "not a private key": (b"\x89PNG\r\n\x1a\n" + bytes(300), ""),
    "is not a private key": (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "OpenSSH"),
}


@pytest.mark.parametrize("says", MISTAKES)
def test_files_that_are_not_keys_are_named_and_unchanged(path, says):
    data, form = MISTAKES[says]
    path.write_bytes(data)
    path.chmod(0o600 if form in {"PEM", "OpenSSH"} else 0o644)
    before = path.stat().st_mode
    report = check_key(path, fix=True)
    assert (report.is_usable, report.form, report.public) == (False, form, None)
    assert says in report.error.what
    assert report.error.advice
    assert path.stat().st_mode == before


def test_a_missing_file_is_an_error(path):
    with pytest.raises(KeyFileError, match="does not exist"):
        check_key(path)
