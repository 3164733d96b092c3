"""Servers that note how every upload ended: closed by the client, or left by it."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from asyncssh import sftp
from support.sshd import Sshd, require_sshd

from neuroflow.demo.service.s3_sftp import S3Home
from neuroflow.demo.service.server import DemoService

_LINE = re.compile(r'^(forced )?close "(.*)" bytes read 0 written (\d+)', re.MULTILINE)
_PLACES = ("/usr/lib/openssh", "/usr/libexec/openssh", "/usr/libexec", "/usr/lib/ssh")


class Ending(NamedTuple):
    """How an upload ended: the study, the bytes that had come, and whether CLOSE came."""

    name: str
    size: int
    is_closed: bool


class NotingSshd(Sshd):
    """OpenSSH's sshd; its SFTP server writes down how files are closed."""

    def __init__(self, folder):
        require_sshd()
        programs = [Path(place) / "sftp-server" for place in _PLACES]
        program = next((path for path in programs if path.exists()), None)
        if program is None:
            pytest.skip("no sftp-server of OpenSSH")
        folder = Path(folder).resolve()
        self._notes = folder / "sftp.log"
        # A reply into a connection that is gone must not kill the server before it has noted that.
        command = f"trap '' PIPE; {program} -d {folder}/home -e -l INFO 2>>{self._notes}"
        super().__init__(folder, extra=f"ForceCommand {command}")

    @property
    def endings(self):
        """All uploads that ended so far."""
        text = self._notes.read_text() if self._notes.exists() else ""
        found = [line.groups() for line in _LINE.finditer(text)]
        return [Ending(Path(name).stem, int(size), not forced) for forced, name, size in found]


class NotingService(DemoService):
    """The embedded service, with its eyes open for CLOSE requests."""

    def __init__(self, folder, monkeypatch):
        super().__init__(folder, delay=0.0)
        self.endings = note_endings(monkeypatch)


def note_endings(monkeypatch):
    """Return a list that grows with every upload to an embedded service that ends."""
    endings, asked = [], []
    handlers = sftp.SFTPServerHandler._packet_handlers
    closing, close = handlers[sftp.FXP_CLOSE], S3Home.close

    async def on_request(handler, packet):
        handle = packet.get_remaining_payload()[4:]
        asked.append(handler._file_handles.get(handle))
        return await closing(handler, packet)

    async def on_close(home, file):
        if hasattr(file, "target"):
            endings.append(Ending(file.target.stem, file.size, file in asked))
        await close(home, file)

    monkeypatch.setitem(handlers, sftp.FXP_CLOSE, on_request)
    monkeypatch.setattr(S3Home, "close", on_close)
    return endings
