"""The email that asks for a key to be registered."""

import pytest

from neuroflow.widgets.connect.mail import mail_text


@pytest.mark.parametrize(
    ("user", "line", "words"),
    [
        ("PH1_USER", 0, "Subject: Public key for SFTP access, user PH1_USER"),
        ("", 4, "please register this public key for our account:"),
    ],
)
def test_the_email_names_the_user_where_it_is_known(user, line, words):
    assert mail_text(user, "ssh-ed25519 AAAA", "SHA256:x").splitlines()[line] == words
