"""What a server sends before the encryption: read whatever it is, shown without its controls."""

import random
import socket

import paramiko
import pytest
from paramiko.common import cMSG_KEXINIT

from neuroflow.transfer.ssh.offer import Offer, RecordingSocket
from neuroflow.transfer.ssh.translate import handshake_error, login_error, quoted, unfinished_error

LISTS = ["kex-a,kex-b", "rsa-sha2-512,ssh-ed25519,rsa-sha2-256", "c", "cipher", "m", "mac"]


def packet(lists, *, cookie=bytes(16)):
    message = paramiko.Message()
    message.add_bytes(cMSG_KEXINIT + cookie)
    for each in lists:
        message.add_string(each)
    payload = message.asbytes()
    return (len(payload) + 5).to_bytes(4, "big") + b"\x04" + payload + bytes(4)


def recorded(data, step=7):
    """Return a socket that has received these bytes, a few at a time."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        found = RecordingSocket(ours)
        while found.recv(step):
            pass
    return found


@pytest.mark.parametrize("greeting", [b"", b"Welcome\r\nto us\r\n"])
def test_the_offered_algorithms_are_read(greeting):
    found = recorded(greeting + b"SSH-2.0-x\r\n" + packet(LISTS) + b"more")
    assert found.is_ssh
    assert found.greeting.split() == greeting.split()
    assert found.offer.kinds == ("ssh-rsa", "ssh-ed25519")
    assert (found.offer.exchange, found.offer.ciphers) == (("kex-a", "kex-b"), ("cipher",))


def test_whatever_arrives_is_read_without_an_error():
    draw = random.Random(3)
    whole = b"SSH-2.0-x\r\n" + packet([b"\xff\xfe", *LISTS[1:]])
    for _ in range(300):
        data = bytearray(whole[: draw.randrange(len(whole))])
        for _ in range(draw.randrange(4)):
            if data:
                data[draw.randrange(len(data))] = draw.randrange(256)
        found = recorded(bytes(data), step=64)
        assert isinstance(found.offer, Offer)
        error = handshake_error(paramiko.SSHException("x"), "host", 22, found, is_late=False)
        assert str(error).isprintable()


def test_text_of_a_server_cannot_change_the_screen():
    evil = "pass\x1b[2Jword"
    refused = paramiko.BadAuthenticationType("x", [evil])
    for error in (login_error(refused, "u"), unfinished_error("u", "SHA256:a", [evil])):
        assert "pass?[2Jword" in str(error)
    assert quoted(b"\x1b]0;title\x07hello\n\nworld\0binary") == '"?]0;title?hello / world"'
