"""The files and folders of a workspace, its salt and its lock.

::

    my-project/
        neuroflow.toml           how to reach the service (no secret)
        known_hosts              the pinned identity of the server
        ledger.sqlite            what was sent and collected
        salt                     keys the de-identification of studies with random ids
        account/                 account key and journal, where they are not the user's own
        cohorts/<cohort_id>/     which study has which id, participants.tsv, what was decided
                                 and what the last check found (readable by the owner only)
        packages/<cohort_id>/    one zip per study, and a mark beside each that was sent
        results/<study_id>_out/  what was returned
        results/aggregated/      reports of many studies
        cache/                   the cohort table, ready to read; the last status check
        exports/                 figures, tables and methods texts from the Explore form
        forgotten.json           whose consent was withdrawn: keyed digests only
        witness.json             the last job, to notice a ledger that was replaced by an older one
        results_set_aside.tsv    results that were set aside after quality control, with reasons
        notes.tsv                notes about studies, with who wrote them and when
        reported.json            which failures and overdue studies were reported: ids only
        logs/neuroflow.log       what was done and when: no patient data, no secret
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from neuroflow.errors import LockedError, OptionError, ResultWarning, WorkspaceError
from neuroflow.events import warn_user
from neuroflow.identity import Account, open_account
from neuroflow.io import OWNER_ONLY, private_mode, write_private
from neuroflow.wording import Wording
from neuroflow.workspace.file_names import (
    CACHE,
    CHECKS_NAME,
    COHORTS,
    LEDGER_NAME,
    PACKAGES,
    PARTICIPANTS_NAME,
    RESULTS,
    SALT_NAME,
)
from neuroflow.workspace.sealed import Seal, Tombstones

LOCK_TIMEOUT_SECONDS = 0.5
"""How long to wait for the lock before saying that the folder is in use."""

SALT_BYTES = 32
PERMISSIONS = (
    "Nothing is damaged: work as the owner of the workspace, or ask the owner to share it with "
    "your group."
)
"""What to do where a file of another user may not be read or written."""


class ProjectFolder:
    """The paths in the folder of one project, its salt and its lock."""

    def __init__(self, root: str | Path) -> None:
        if not isinstance(root, (str, os.PathLike)):
            raise OptionError(
                f"A workspace is a folder, not {type(root).__name__}.",
                advice="Pass the path of the project's folder.",
            )
        named = Path(os.path.expanduser(root))  # noqa: PTH111  pathlib raises for ~nobody
        self.root = named.resolve()
        self.is_read_only = _is_read_only(self.root)
        self.ledger = self.root / LEDGER_NAME
        self.cohorts = self.root / COHORTS
        self.results = self.root / RESULTS
        self.cache = self.root / CACHE
        self.listing = self.cache / "listing.json"
        self.reported = self.root / "reported.json"
        self.log = self.root / "logs" / "neuroflow.log"
        self._lock = FileLock(self.root / ".lock", mode=private_mode(self.root))

    def packages(self, cohort_id: str) -> Path:
        """Return the folder of a cohort's packages."""
        return self.root / PACKAGES / cohort_id

    def scratch_places(self) -> list[Path]:
        """Return the folders in which a job may make temporary ones."""
        return [self.root, *sorted((self.root / PACKAGES).glob("*/"))]

    def participants(self, cohort_id: str) -> Path:
        """Return the path of the workspace's copy of a cohort's participants.tsv."""
        return self.cohorts / cohort_id / PARTICIPANTS_NAME

    def checks(self, cohort_id: str) -> Path:
        """Return the path of what the last check of a cohort found."""
        return self.cohorts / cohort_id / CHECKS_NAME

    @property
    def seal(self) -> Seal:
        """What keys the facts about people in the ledger."""
        return Seal(lambda: self.salt)

    @property
    def tombstones(self) -> Tombstones:
        """Who must never be sent again."""
        return Tombstones(self.root / "forgotten.json", self.seal.digest)

    @property
    def salt(self) -> bytes:
        """32 random bytes, made once per workspace."""
        path = self.root / SALT_NAME
        if not os.path.lexists(path):
            with suppress(FileExistsError):  # another process was faster
                write_private(path, secrets.token_bytes(SALT_BYTES), exclusive=True)
        try:
            data = b"" if path.is_symlink() else path.read_bytes()
        except OSError as error:
            raise WorkspaceError(
                f"{path} cannot be read.", why=f"{error.strerror}.", advice=PERMISSIONS
            ) from error
        if len(data) != SALT_BYTES:
            raise WorkspaceError(
                f"{path} cannot be used.",
                why=f"It is {'a link' if path.is_symlink() else 'not whole'}: {SALT_BYTES} random "
                "bytes are expected.",
                advice="Restore it from a backup. With another one, studies get other UIDs than "
                "those that were sent.",
            )
        return data

    def account(self, name: str = "") -> Account:
        """Open an account: in the workspace where a group shares that, else the user's own."""
        folder = self.root / "account"
        is_shared = folder.is_dir() or private_mode(self.root) != OWNER_ONLY
        return open_account(name, shared=folder if is_shared else None)

    @property
    def is_locked(self) -> bool:
        """True while a job runs in the folder, in this process or another."""
        if self.is_read_only:
            return False
        # An own lock: the one in use is free for the thread that holds it already.
        try:
            mode = private_mode(self.root)
            with FileLock(self._lock.lock_file, mode=mode, is_singleton=False).acquire(timeout=0):
                return False
        except Timeout:
            return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder against other processes and other people on a shared disk."""
        if self.is_read_only:
            raise WorkspaceError(
                f"The workspace {self.root} can only be read.",
                why="This user may not write to it, or its disk is read-only.",
                advice=f"The last status, tables and comparisons remain available. {PERMISSIONS}",
            )
        try:
            with self._lock.acquire(timeout=LOCK_TIMEOUT_SECONDS, poll_interval=0.05):
                yield
        except Timeout as error:
            raise LockedError(
                f"The workspace {self.root} is in use.",
                why="Another notebook or command is packaging, sending or collecting.",
                advice=Wording(
                    "Wait until it is done, or stop it with `stop_job`; if it is paused, "
                    "`resume_job` continues it.",
                    cli="Wait until it is done, or stop it: neuroflow stop WORKSPACE; if it is "
                    "paused, neuroflow resume WORKSPACE continues it.",
                    form="Wait until it is done, or continue or stop it above.",
                ),
            ) from error


def _is_read_only(folder: Path) -> bool:
    """Make the folder where missing, for its owner alone; check if it can only be read."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _close_to_others(folder)
        with tempfile.TemporaryFile(dir=folder):
            return False
    except (FileExistsError, NotADirectoryError) as error:
        raise WorkspaceError(
            f"{folder} cannot be a workspace.",
            why="It is a file, or is below one.",
            advice="Choose a folder.",
        ) from error
    except OSError as error:
        if os.access(folder / LEDGER_NAME, os.R_OK):
            return True
        raise WorkspaceError(
            f"{folder} cannot be written.",
            why=f"{error.strerror}.",
            advice="Choose another folder, or correct its permissions.",
        ) from error


def _close_to_others(folder: Path) -> None:
    """Close an empty folder to others; warn of a used one that others may write to."""
    if sys.platform == "win32":
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    # One that only a group may read and write (770) is shared on purpose.
    if private_mode(folder) != 0o600 or not mode & 0o077:
        return
    if folder.stat().st_uid == os.geteuid() and not any(folder.iterdir()):
        folder.chmod(0o700)
    elif mode & 0o022:
        warn_user(
            f"Others may write to the workspace {folder}: they could change where studies are "
            f"sent. Close it with chmod 700, or share it with a group alone by chmod 2770.",
            ResultWarning,
        )
