import base64
import subprocess

import pytest

from neuroflow.errors import HostKeyChangedError, HostKeyError, HostKeyUnknownError
from neuroflow.transfer.ssh.keys import PublicKey

KEY = PublicKey("ssh-ed25519", b"the server's key")
OTHER = PublicKey("ssh-ed25519", b"another key")
RSA = PublicKey("ssh-rsa", b"the server's RSA key")


def line(key, hosts="host"):
    return f"{hosts} {key.line}\n"


def test_an_unknown_server_is_never_accepted(known):
    with pytest.raises(HostKeyUnknownError) as caught:
        known.check("host", 22, KEY)
    assert caught.value.fingerprint == KEY.fingerprint
    assert KEY.fingerprint in str(caught.value)
    assert not known.path.exists()


def test_a_trusted_key_is_known_at_its_port_only(known):
    known.trust("host", 2222, KEY)
    known.check("HOST", 2222, KEY)
    with pytest.raises(HostKeyUnknownError):
        known.check("host", 22, KEY)
    assert known.path.read_text().startswith("[host]:2222 ssh-ed25519 ")


def test_a_changed_key_shows_both_fingerprints(known):
    known.trust("host", 22, KEY)
    with pytest.raises(HostKeyChangedError) as caught:
        known.check("host", 22, OTHER)
    assert KEY.fingerprint in str(caught.value)
    assert OTHER.fingerprint in str(caught.value)
    assert "Stop" in caught.value.advice
    assert f"--forget-host-key {KEY.fingerprint} --host-key SHA256:NEW" in (caught.value.advice.cli)


def test_a_key_of_another_kind_deletes_no_pin(known):
    known.trust("host", 22, KEY)
    with pytest.raises(HostKeyChangedError, match="ssh-rsa"):
        known.check("host", 22, RSA)
    assert known.path.read_text() == line(KEY)


def test_every_pinned_key_of_a_server_is_right(known):
    known.trust("host", 22, KEY)
    known.trust("host", 22, RSA)
    for key in (KEY, RSA):
        known.check("host", 22, key)
    assert set(known.kinds("host", 22)) == {"ssh-ed25519", "ssh-rsa"}


def test_a_pinned_fingerprint_becomes_the_whole_key_when_seen(known):
    known.pin("host", 22, KEY.fingerprint)
    known.check("host", 22, KEY)
    assert known.path.read_text() == line(KEY)


@pytest.mark.parametrize("shown", [OTHER, RSA])
def test_a_pinned_fingerprint_refuses_every_other_key(known, shown):
    known.pin("host", 22, KEY.fingerprint.removeprefix("SHA256:") + "=")
    with pytest.raises(HostKeyChangedError):
        known.check("host", 22, shown)


@pytest.mark.parametrize("text", ["", "SHA256:short", "MD5:aa:bb:cc", "SHA256:" + "!" * 43])
def test_what_is_no_fingerprint_is_refused(known, text):
    with pytest.raises(HostKeyError, match="not the fingerprint"):
        known.pin("host", 22, text)
    assert not known.path.exists()


def test_trusting_twice_writes_one_line_and_keeps_the_rest(known):
    rest = "# mine\n" + line(RSA, "elsewhere,host") + line(OTHER)
    known.path.write_text(rest)
    known.pin("host", 22, KEY.fingerprint)
    known.trust("host", 22, KEY)
    known.trust("host", 22, KEY)
    assert known.path.read_text() == rest + line(KEY)


def test_a_forgotten_key_leaves_every_other_line(known):
    known.path.write_text("# mine\njunk\n" + line(OTHER, "elsewhere") + line(OTHER) + line(KEY))
    known.forget("host", 22, OTHER.fingerprint)
    assert known.path.read_text() == "# mine\njunk\n" + line(OTHER, "elsewhere") + line(KEY)


def test_a_key_pinned_for_several_hosts_remains_after_removing_one(known):
    known.path.write_text(line(KEY, "elsewhere,host"))
    with pytest.raises(HostKeyError, match="names other hosts too"):
        known.forget("host", 22, KEY.fingerprint)
    assert known.path.read_text() == line(KEY, "elsewhere,host")


def test_bad_lines_are_named_and_hide_no_other(known):
    bad = "host ssh-ed25519 not/base64!\nhost\n@cert-authority *.org ssh-rsa AAAA\n"
    known.path.write_text(bad + line(KEY))
    known.check("host", 22, KEY)
    assert [problem.split(" of ")[0] for problem in known.problems] == [
        "Line 1",
        "Line 2",
        "Line 3",
    ]
    with pytest.raises(HostKeyUnknownError, match="Line 1 of known_hosts"):
        known.check("elsewhere", 22, KEY)


def test_a_revoked_key_is_refused(known):
    known.path.write_text(line(KEY) + "@revoked " + line(KEY, "*"))
    with pytest.raises(HostKeyChangedError, match="revoked"):
        known.check("host", 22, KEY)


@pytest.mark.parametrize(
    "hosts", ["*.example.org", "a,[x.example.org]:22,x.example.org", "X.*.ORG"]
)
def test_patterns_match_as_in_openssh(known, hosts):
    known.path.write_text(line(KEY, hosts))
    known.check("x.example.org", 22, KEY)


def test_an_excluded_host_is_unknown(known):
    known.path.write_text(line(KEY, "*.org,!x.org"))
    known.check("y.org", 22, KEY)
    with pytest.raises(HostKeyUnknownError):
        known.check("x.org", 22, KEY)


def test_hashed_hosts_are_found(known):
    blob = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(32)).decode()
    known.path.write_text(f"host ssh-ed25519 {blob}\n[host]:2222 ssh-ed25519 {blob}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", known.path], check=True, capture_output=True)
    assert known.path.read_text().startswith("|1|")
    for port in (22, 2222):
        known.check("host", port, PublicKey("ssh-ed25519", base64.b64decode(blob)))


def test_a_folder_in_its_place_is_an_error(known):
    known.path.mkdir()
    with pytest.raises(HostKeyError, match="cannot be read"):
        known.check("host", 22, KEY)
