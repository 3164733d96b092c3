"""A profile holds no text that a shell, an option or a screen could take for something else."""

from pathlib import Path

import pytest

from neuroflow.errors import ConfigError
from neuroflow.transfer.ssh.profile import Profile
from neuroflow.workspace.connection.config import read_profile

HOSTILE = [
    "x$(touch pwned).example.org", "`id`", "-oProxyCommand=id", "a;b", "a|b", "a&b", "a>b", "a b",
    "a\nb", "a\tb", "\x1b[2J", "a\u202eb", "xn—dash", "a'b", 'a"b', "a\\b", "a*b", "a?b", "a{b}",
    "~a", "#a", "!a", "a=b", "a/b", "x" * 256, "\x00", "münchen.example.org", "a\u00a0b",
]  # fmt: skip
USUAL = [
    "s-0a1.server.transfer.us-east-1.amazonaws.com", "10.0.0.9", "::1", "[fe80::1%eth0]",
    "host_name", " far ", "x--y",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("what", ["host", "user"])
def test_no_host_or_user_with_other_characters_becomes_a_profile(what, text):
    with pytest.raises(ConfigError, match=f"The {what} .* cannot be used") as caught:
        Profile(**{"host": "far", "user": "me", what: text})
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_settings_file_is_held_to_the_same_grammar(tmp_path, text):
    quoted = "".join(f"\\u{ord(c):04x}" for c in text)
    path = tmp_path / "neuroflow.toml"
    path.write_text(f'[profile.default]\nhost = "{quoted}"\nuser = "u"\nkey = "k"\n', "ascii")
    with pytest.raises(ConfigError, match="cannot be used"):
        read_profile(path)


@pytest.mark.parametrize("user", ["PH0000_SITE@x.y", "site-7", "a+b", ""])
@pytest.mark.parametrize("host", USUAL)
def test_usual_names_are_accepted(host, user):
    assert Profile(host, user).host == host


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_is_a_port(port):
    with pytest.raises(ConfigError, match="between 1 and 65535"):
        Profile("far", "me", port=port)


def test_a_key_file_has_a_printable_name():
    with pytest.raises(ConfigError, match="key"):
        Profile("far", "me", Path("k\x1b]0;x"))
