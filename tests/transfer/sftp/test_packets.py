"""Bytes to and from the server: sizes of requests, answers in pieces, refusals heard at once."""

from collections import deque
from pathlib import PurePosixPath

import asyncssh
import pytest
from paramiko.sftp import SFTPError

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.errors import RemoteRefusedError
from neuroflow.transfer.remote import Receipt
from neuroflow.transfer.sftp import packets
from neuroflow.transfer.sftp.pace import Pace
from neuroflow.transfer.sftp.packets import REQUEST_SIZE, PacketChannel
from neuroflow.transfer.sftp.window import SendWindow
from neuroflow.transfer.sftp.writer import FileWriter

PATH = PurePosixPath("output/x.zip")


@pytest.mark.sshd
def test_longer_requests_are_used_where_the_server_offers_them(sshd, opening, local):
    with opening(sshd)() as remote:
        assert remote.stat(PATH) is None
        assert REQUEST_SIZE < remote._client.write_size <= 255 * 1024
        assert remote.put(local, PATH) is Receipt.CONFIRMED
    assert (sshd.home / PATH).read_bytes() == local.read_bytes()


@pytest.mark.sshd
def test_requests_without_a_limits_offer_have_the_universal_length(
    sshd, opening, local, monkeypatch
):
    monkeypatch.setattr(packets, "LIMITS", b"nobody offers this")
    with opening(sshd)() as remote:
        assert remote._client.write_size == REQUEST_SIZE
        assert remote.put(local, PATH) is Receipt.CONFIRMED
    assert (sshd.home / PATH).read_bytes() == local.read_bytes()


def test_a_refusal_ends_the_upload_when_it_arrives(demo, opening, tmp_path, monkeypatch):
    large = tmp_path / "large.zip"
    large.write_bytes(bytes(100_000_000))

    def refuse(*_):
        raise asyncssh.SFTPFailure("no space left")

    monkeypatch.setattr(S3Home, "write", refuse)
    done = []
    with opening(demo)() as remote, pytest.raises(RemoteRefusedError, match="no space left"):
        remote.put(large, PATH, done.append)
    assert done[-1] < 50_000_000


class Line:
    """A channel that hands out what it was given, piece by piece."""

    def __init__(self, *pieces):
        self.pieces = deque(pieces)

    def recv(self, _size):
        return self.pieces.popleft() if self.pieces else b""

    def recv_ready(self):
        return bool(self.pieces)


def heard(*pieces):
    """Return a wire that hears these pieces; nothing was agreed on before."""
    found = PacketChannel.__new__(PacketChannel)
    found.sock = Line(*pieces)
    found._received = bytearray()
    found.window, found.pace = SendWindow(), Pace()
    found._on_activity = lambda: None
    return found


def status(number, code=0):
    body = bytes([101]) + number.to_bytes(4, "big") + code.to_bytes(4, "big") + bytes(8)
    return len(body).to_bytes(4, "big") + body


def test_answers_may_come_in_any_pieces():
    stream = status(1) + status(2)
    for cut in range(1, len(stream)):
        both = heard(stream[:cut], stream[cut:])
        assert [both.receive_packet()[1][:4] for _ in range(2)] == [b"\0\0\0\1", b"\0\0\0\2"]
        assert not both.has_answer


@pytest.mark.parametrize("length", [b"\x00\x00\x00\x00", b"HTTP"])
def test_what_is_no_packet_is_refused(length):
    with pytest.raises(SFTPError, match="Garbage"):
        heard(length + b"/1.1 400").receive_packet()


def test_a_line_that_ends_within_an_answer_is_an_end():
    with pytest.raises(EOFError):
        heard(status(1)[:9]).receive_packet()


def test_replies_may_come_unexpected_or_in_any_order():
    line = heard(status(9), status(2), status(1), status(3, code=4))
    upload = FileWriter(line, b"handle")
    upload._pending = {number: line.window.on_send(0) for number in (1, 2)}
    upload.flush()
    upload._pending = {3: line.window.on_send(0)}
    with pytest.raises(OSError, match=r"^$"):
        upload.flush()
