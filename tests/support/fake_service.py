"""The service as a folder that plays every trick on one study, and processes that die."""

import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from neuroflow.errors import ConnectionLostError, RemoteRefusedError, SizeMismatchError
from neuroflow.identity import Journal
from neuroflow.ledger import Ledger, utc_now
from neuroflow.models import RESULT_FILES
from neuroflow.transfer.local import LocalRemote
from neuroflow.transfer.remote import Receipt, do_nothing
from neuroflow.transfer.upload import worker
from neuroflow.transfer.upload.shared_journal import REFUSED_STATE

QUIET = 0.05
"""The quiet time of the workspaces, in seconds."""
TRICKS = (
    "none",
    "cut",  # the connection is lost in the middle, and the part is stored
    "cut, late",  # the same, and the part is stored only later
    "cut at the last byte",
    "answer lost",  # the whole study arrived, and nobody learns of it
    "close refused, stored",
    "close refused, not stored",  # it shows the whole length for a while
    "write refused",
    "other length",  # taken, and a marker left in its place
)


class KilledError(BaseException):
    """The process is dead: nothing of it happens any more."""


@dataclass
class FakeService:
    """What is on the server, what it received, and how the next upload goes."""

    home: Path
    trick: str = "none"
    steps: int | None = None  # After how many steps the process dies
    is_dead: bool = False
    offset: timedelta = field(default_factory=timedelta)  # Of the clock on the wall
    wholes: int = 0  # How often the whole study was received
    study_id: str = ""  # Which one that was
    parts_over_wholes: int = 0
    _late: tuple[float, Path, bytes] | None = None
    _is_whole: bool = False  # Whether the file that is shown was stored whole

    def __post_init__(self):
        for name in ("input", "output"):
            (self.home / name).mkdir(parents=True)

    def now(self):
        """Return the time of day, which people set."""
        return utc_now() + self.offset

    def step(self):
        """Count one step of the process; raise an error if it dies here."""
        if self.steps is not None and not self.is_dead:
            self.steps -= 1
            self.is_dead = self.steps <= 0
        if self.is_dead:
            raise KilledError

    def begin(self, trick="none", steps=None):
        """Begin a run."""
        self.trick, self.steps, self.is_dead = trick, steps, False

    def store(self, path, data, *, is_whole):
        """Store a file, as the service does when it is closed or given up."""
        self.parts_over_wholes += self._is_whole and not is_whole and path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._is_whole = is_whole
        if is_whole:
            self.wholes += 1
            self.study_id = path.stem

    def publish_late(self):
        """Store the part of a session that was lost, once its time has come."""
        if self._late is not None and time.monotonic() >= self._late[0]:
            _, path, data = self._late
            self._late = None
            self.store(path, data, is_whole=False)

    def give_up_late(self):
        """Store such a part now; False if there is none."""
        if self._late is None:
            return False
        self._late = (0.0, *self._late[1:])
        self.publish_late()
        return True

    def delay(self, path, data):
        self._late = time.monotonic() + 0.8 * QUIET, path, data

    def take_away(self):
        """Move all uploads away, as the service does."""
        for path in self.home.glob("input/**/*.zip"):
            path.unlink()
        self._is_whole = False

    def answer(self):
        """Show results of what was received whole."""
        folder = self.home / "output" / f"{self.study_id}_out"
        folder.mkdir(exist_ok=True)
        for name in RESULT_FILES:
            (folder / name).write_bytes(b"content")

    @property
    def connect(self):
        return lambda: _Session(self)


class _Session(LocalRemote):
    def __init__(self, service):
        super().__init__(service.home)
        self._service = service

    def stat(self, path):
        self._service.step()
        self._service.publish_late()
        return super().stat(path)

    def put(self, local, path, on_bytes=do_nothing, before_last=do_nothing):
        service, target, data = self._service, self.root / path, local.read_bytes()
        trick, service.trick = service.trick, "none"
        service.publish_late()
        on_bytes(0)
        half = data[: len(data) // 2]
        try:
            service.step()
        except KilledError:
            service.store(target, half, is_whole=False)
            raise
        if trick == "cut, late":
            service.delay(target, half)
        elif trick in {"cut", "write refused"}:
            service.store(target, half, is_whole=False)
        if trick.startswith("cut") and trick != "cut at the last byte":
            raise ConnectionLostError("The connection was lost.")
        if trick == "write refused":
            raise RemoteRefusedError("The server refused to write.")
        on_bytes(len(data) - 1)
        try:
            before_last()
            service.step()
        except KilledError:
            service.store(target, data[:-1], is_whole=False)
            raise
        if trick == "cut at the last byte":
            service.store(target, data[:-1], is_whole=False)
            raise ConnectionLostError("The connection was lost.")
        on_bytes(len(data))
        if trick == "close refused, not stored":
            target.write_bytes(data)
        else:
            service.store(target, data, is_whole=True)
            service.step()  # nobody can know of a refusal that was not read
        if trick == "answer lost":
            raise ConnectionLostError("The connection was lost.")
        if trick.startswith("close refused"):
            raise RemoteRefusedError("The server refused to close the file.")
        if trick == "other length":
            target.write_bytes(b"")
            raise SizeMismatchError("The file has a different size than was written.")
        return Receipt.CONFIRMED


@contextmanager
def mortal(service):
    """Let each record of ledger, journal and marks be a step at which a process may die.

    It does not die between reading a refusal and the line of the journal that records it: it would
    know no more than one that died before reading it, which nothing can help.
    """

    def around(function):
        def call(*arguments, **options):
            if getattr(arguments[-1], "state", "") != REFUSED_STATE or service.is_dead:
                service.step()
            result = function(*arguments, **options)
            service.step()
            return result

        return call

    with ExitStack() as patched:
        for owner, name in ((Ledger, "record"), (Journal, "add"), (worker, "write_mark")):
            patched.enter_context(patch.object(owner, name, around(getattr(owner, name))))
        patched.enter_context(patch.object(os, "fsync", lambda _descriptor: None))
        yield
