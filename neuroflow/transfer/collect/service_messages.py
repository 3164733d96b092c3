"""What the service itself writes about studies: status and log files on the endpoint.

neuropacs states that status updates are logged and available there; names and format are not
published. So files are found by the words in their names, and the last line that names a study is
shown as it is, beside what neuroflow concludes from the result folders.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from neuroflow.contract import OUTPUT
from neuroflow.errors import RemoteMissingError, RemoteRefusedError
from neuroflow.io import decode, scratch_folder
from neuroflow.models import Entry, shortened
from neuroflow.transfer.remote import Remote, Wanted

MAX_FILES = 20
MAX_BYTES = 4 << 20
"""Of all files together; longer ones are left out."""
MAX_LINE = 500
SHOWN = 160
"""Characters of a line that are shown."""
HOME = PurePosixPath(".")
_NAME = re.compile(r"(?:^|[^a-z])(?:status|logs?|notifications?|messages?|events?)(?:[^a-z]|$)")
_KINDS = (".txt", ".log", ".csv", ".json", ".jsonl", ".md")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ENDINGS = (".zip", "_out", ".")


@dataclass(frozen=True, slots=True)
class ServiceMessages:
    """The last line about each study, and the files that it was read from."""

    lines: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # Size and time by path


def read_messages(
    remote: Remote,
    known: Collection[str],
    before: ServiceMessages | None = None,
    *,
    scratch: Path | None = None,
) -> ServiceMessages:
    """Return the messages of the service's status and log files on the known studies."""
    entries = _find(remote)
    files = {str(entry.path): [entry.size, str(entry.modified)] for entry in entries}
    before = before or ServiceMessages()
    if files == before.files:
        return before
    lines: dict[str, str] = {}
    with scratch_folder(scratch) as folder:
        names = [folder / f"{number}.txt" for number in range(len(entries))]
        wanted = [
            Wanted(entry.path, local, entry.size)
            for entry, local in zip(entries, names, strict=True)
        ]
        for local, error in zip(names, remote.get_many(wanted), strict=True):
            if error is None:
                lines |= lines_of(local.read_bytes(), known)
    return ServiceMessages(lines, files)


def lines_of(data: bytes, known: Collection[str]) -> dict[str, str]:
    """Return the last line that names each of the known studies."""
    found: dict[str, str] = {}
    ids = set(known)
    try:
        text, _ = decode(data)
    except ValueError:
        return found
    for line in text.splitlines():
        words = {_bare(word) for word in _WORD.findall(line[:MAX_LINE])}
        for study_id in words & ids:
            found[study_id] = shortened(
                "".join(filter(str.isprintable, line[:MAX_LINE].replace("\t", " "))).strip(), SHOWN
            )
    return found


def _bare(word: str) -> str:
    for ending in _ENDINGS:
        word = word.removesuffix(ending)
    return word


def _find(remote: Remote) -> list[Entry]:
    """Find status and log files: in the home, beside the results, in folders of such names."""
    above = [entry for folder in (HOME, OUTPUT) for entry in _listed(remote, folder)]
    found = [entry for entry in above if not entry.is_folder and entry.is_sized]
    for folder in [entry for entry in above if entry.is_folder and _is_named(entry)][:MAX_FILES]:
        found += [
            entry
            for entry in _listed(remote, folder.path)
            if entry.is_sized and not entry.is_folder and entry.name.lower().endswith(_KINDS)
        ]
    named = [entry for entry in found if _is_message(entry)]
    return list(_within_limits(sorted(named, key=_by_time)))


def _within_limits(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Keep the newest files, oldest first, as far as they are not too large together."""
    left = MAX_BYTES
    kept: list[Entry] = []
    for entry in reversed(entries):
        if entry.size <= left and len(kept) < MAX_FILES:
            left -= entry.size
            kept.append(entry)
    return reversed(kept)


def _listed(remote: Remote, folder: PurePosixPath) -> list[Entry]:
    try:
        return list(remote.list(folder))
    except (RemoteMissingError, RemoteRefusedError):
        return []


def _is_named(entry: Entry) -> bool:
    return _NAME.search(entry.name.lower()) is not None


def _is_message(entry: Entry) -> bool:
    is_below = entry.path.parent not in (HOME, OUTPUT)
    return entry.name.lower().endswith(_KINDS) and (is_below or _is_named(entry))


def _by_time(entry: Entry) -> tuple[str, str]:
    return str(entry.modified), str(entry.path)
