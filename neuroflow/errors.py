"""All errors of neuroflow, as one tree.

Every error states what happened, why if that is known, and what to do::

    NeuroflowError
    ├── InputError                an argument or a file of the user
    │   ├── FolderError           missing, unreadable, or nothing in it
    │   ├── StudyError            one study that cannot be read
    │   ├── ParticipantsError     participants.tsv
    │   ├── IdError               a cohort id or study id that cannot be a folder
    │   ├── TableError            a table that is not a cohort table
    │   └── OptionError           an argument outside its choices
    ├── WorkspaceError            the project's folder
    │   ├── ConfigError           neuroflow.toml
    │   ├── LedgerError           the record of what was sent and collected
    │   │   └── LedgerLostError   damaged, lost, or older than the workspace
    │   ├── AccountKeyError       the account key, and the journal beside it
    │   └── LockedError           another process is at work in it
    ├── PackageError              a study that cannot be zipped
    ├── ConnectError              no session with the service
    │   ├── HostNotFoundError     the name does not resolve
    │   ├── PortError             refused, timed out, or no SSH behind it
    │   ├── HostKeyError          the server's identity
    │   │   ├── HostKeyUnknownError
    │   │   └── HostKeyChangedError
    │   ├── KeyFileError          the user's private key
    │   ├── LoginRefusedError     key or user not accepted
    │   ├── SessionError          logged in, but no SFTP session
    │   └── ConnectionLostError   it was established and then lost
    ├── TransferError             one upload or download
    │   ├── RemoteRefusedError    the server refused an operation
    │   ├── RemoteMissingError    no such file or folder
    │   ├── SizeMismatchError     not all bytes arrived
    │   └── FileChangedError      replaced on the server while it was fetched
    ├── SubmissionError           a cohort that cannot be sent as it is
    │   ├── FirstSubmissionError  studies may have been sent from another workspace
    │   └── PilotError            the study that was sent first did not pass
    ├── ResultError               result files
    │   └── AidpError             an aidp.csv that cannot be read
    ├── CompareError              a comparison that cannot be computed
    ├── MissingExtraError         an optional package is not installed
    ├── WorkerError               a worker process ended unexpectedly
    └── DemoError                 the embedded service

Errors of other libraries become one of these at the edge where they appear, with ``from``.
Problems that stop nothing are reported as a `ResultWarning`. The word in brackets at the end of a
message is the error's anchor: the page docs/errors.md has a section of that name, which `explain`
returns.
"""

from __future__ import annotations

import copy
import re
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from neuroflow.escaping import visible
from neuroflow.wording import Wording as Wording  # noqa: PLC0414  a part of this room's face

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class NeuroflowError(Exception):
    """The root of the tree: catch it to catch every error of neuroflow.

    Parameters
    ----------
    what
        What happened, in one sentence.
    why
        The reason, if it is known.
    advice
        What to do. It is a `Wording` if Python, command line and forms need different words.
    study_id
        The study that the error is about.
    about
        The name of the argument that is wrong; the forms show the error at its field.

    Examples
    --------
    >>> print(FolderError("The folder is empty.", advice="Choose another one."))
    The folder is empty. Choose another one. [folder]
    """

    exit_code: ClassVar[int] = 1  # What the command line returns to the shell
    anchor: ClassVar[str] = "neuroflow"  # Of its section in docs/errors.md; messages end with it.

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.anchor = _WORD.sub("-", cls.__name__.removesuffix("Error")).lower()

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        advice: str = "",
        study_id: str | None = None,
        about: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.advice = advice
        self.study_id = study_id
        self.about = about

    @property
    def message(self) -> str:
        """The text without the anchor: study, what, why, what to do."""
        subject = f"Study {self.study_id}: " if self.study_id else ""
        return subject + " ".join(part for part in (self.what, self.why, self.advice) if part)

    def __str__(self) -> str:
        return visible(f"{self.message} [{self.anchor}]")

    def worded_for(self, front_end: Literal["cli", "form"]) -> Self:
        """Return a copy in the words of a front end; ``str`` of the error itself is for Python.

        Parameters
        ----------
        front_end
            The command line or the forms.

        Returns
        -------
        NeuroflowError
            The same error with that wording.

        Examples
        --------
        >>> advice = Wording("Pass only_good=True.", cli="Add --only-good.")
        >>> NeuroflowError("Two studies have errors.", advice=advice).worded_for("cli").message
        'Two studies have errors. Add --only-good.'
        """
        copied = copy.copy(self)
        for name in ("what", "why", "advice"):
            text = getattr(self, name)
            setattr(copied, name, Wording.pick(text, front_end))
        copied.args = (copied.what,)
        return copied

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments would be lost on the way back from a worker process.
        given = {
            name: value
            for name, value in vars(self).items()
            if name != "what" and not name.startswith("_")
        }
        return partial(type(self), **given), (self.what,)


class InputError(NeuroflowError):
    """An argument or an input file cannot be used."""

    exit_code = 3


class FolderError(InputError):
    """A folder or file is missing, unreadable, or has nothing usable in it."""


class StudyError(InputError):
    """One study cannot be read."""


class ParticipantsError(InputError):
    """participants.tsv cannot be used."""


class IdError(InputError):
    """A cohort id or study id cannot be the name of a folder on the server."""


class TableError(InputError):
    """A table does not have the columns of a cohort table."""


class OptionError(InputError):
    """An argument is outside its choices."""


class WorkspaceError(NeuroflowError):
    """The workspace folder cannot be used."""

    exit_code = 4


class ConfigError(WorkspaceError):
    """neuroflow.toml cannot be used."""


class LedgerError(WorkspaceError):
    """The record of what was sent and collected cannot be used."""


class AccountKeyError(WorkspaceError):
    """The account key, or the journal beside it, cannot be used."""


class LedgerLostError(LedgerError):
    """The record is damaged or lost, or older than what is in the workspace."""


class LockedError(WorkspaceError):
    """Another process is packaging, sending or collecting in this workspace."""


class PackageError(NeuroflowError):
    """A study cannot be packaged."""

    exit_code = 5


class ConnectError(NeuroflowError):
    """No connection with the service."""

    exit_code = 6


class HostNotFoundError(ConnectError):
    """The host name cannot be resolved."""


class PortError(ConnectError):
    """The port refuses connections, does not answer, or has no SSH server behind it."""


class HostKeyError(ConnectError):
    """The server's identity is not confirmed."""

    def __init__(
        self,
        what: str,
        *,
        fingerprint: str = "",
        shown: tuple[str, ...] = (),
        pinned: tuple[str, ...] = (),
        **facts: Any,
    ) -> None:
        super().__init__(what, **facts)
        self.fingerprint = fingerprint
        self.shown = shown
        self.pinned = pinned


class HostKeyUnknownError(HostKeyError):
    """The server's host key is not pinned yet; its fingerprint has to be confirmed."""


class HostKeyChangedError(HostKeyError):
    """The server shows another key than the pinned one."""


class KeyFileError(ConnectError):
    """The user's private key cannot be used."""


class LoginRefusedError(ConnectError):
    """The server refuses this user with this key."""


class SessionError(ConnectError):
    """The login succeeded, but the server opens no SFTP session."""


class ConnectionLostError(ConnectError):
    """The connection was lost."""


class TransferError(NeuroflowError):
    """An upload or download failed."""

    exit_code = 7


class RemoteRefusedError(TransferError):
    """The server refused an operation."""


class RemoteMissingError(TransferError):
    """There is no such file or folder on the server."""


class SizeMismatchError(TransferError):
    """Not all bytes arrived."""


class FileChangedError(TransferError):
    """A file was changed on the server while it was fetched."""


class SubmissionError(NeuroflowError):
    """The cohort cannot be sent as it is."""

    exit_code = 8


class FirstSubmissionError(SubmissionError):
    """What was sent before cannot be known here; the user has to confirm it once."""


class PilotError(SubmissionError):
    """The study that was sent first did not pass; the others were not sent."""


class ResultError(NeuroflowError):
    """Result files cannot be used."""

    exit_code = 9


class AidpError(ResultError):
    """An aidp.csv cannot be read."""


class CompareError(NeuroflowError):
    """A comparison cannot be computed."""

    exit_code = 10


class MissingExtraError(NeuroflowError):
    """An optional package is not installed."""

    exit_code = 11


class WorkerError(NeuroflowError):
    """A worker process ended unexpectedly."""

    exit_code = 13


class DemoError(NeuroflowError):
    """The embedded service cannot run."""

    exit_code = 12


class ResultWarning(UserWarning):
    """Some results were omitted or could not be matched; the others are used."""


def explain(anchor: str) -> str:
    """Return the section of the documentation about an error.

    Parameters
    ----------
    anchor
        The word in brackets at the end of the message, or the name of the class.

    Returns
    -------
    str
        Markdown: meaning, usual causes, what to do.

    Raises
    ------
    OptionError
        There is no such error.

    Examples
    --------
    >>> print(explain("host-key-changed").splitlines()[0])
    ## host-key-changed
    """
    name = _WORD.sub("-", anchor.strip().strip("[]").removesuffix("Error")).lower()
    parts = re.split(r"^(?=## )", _page(), flags=re.MULTILINE)[1:]
    sections = {part.splitlines()[0].removeprefix("## "): part.strip() for part in parts}
    if name not in sections:
        raise OptionError(
            f"No error is called {anchor!r}.",
            why=f"There are {', '.join(sections)}.",
            advice="Use the word in brackets at the end of the message.",
        )
    return sections[name]


def __dir__() -> list[str]:
    """Return the names of this module for users: its errors, and `explain`."""
    found = (name for name, each in globals().items() if isinstance(each, type))
    return sorted([*(name for name in found if name.endswith(("Error", "Warning"))), "explain"])


def _page() -> str:
    here = Path(__file__).parent
    installed, checkout = here / "errors.md", here.parent / "docs" / "errors.md"
    return (installed if installed.is_file() else checkout).read_text(encoding="utf-8")
