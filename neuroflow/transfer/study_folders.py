"""Send a study as a folder of its files, where an account is set up for that.

The package stays a zip on this disk. Its files are sent one after the other, each whole, and the
last byte of the last one leaves when all others were acknowledged: until then no study is whole.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath

from neuroflow.errors import PackageError, RemoteMissingError, RemoteRefusedError
from neuroflow.io import scratch_folder
from neuroflow.models import Entry
from neuroflow.transfer.remote import BeforeLast, OnBytes, Receipt, Remote, do_nothing

ZIP, FOLDER = "zip", "folder"
"""How a study is sent."""
MAX_DEPTH = 8


def send_folder(
    remote: Remote, local: Path, folder: PurePosixPath, on_bytes: OnBytes, before_last: BeforeLast
) -> Receipt:
    """Send the files of a package; progress is counted in bytes of the package."""
    members = _members(local)
    _refuse_others(remote, folder, members)
    for place in dict.fromkeys((folder / name).parent for name in members):
        remote.mkdirs(place)
    size, total = local.stat().st_size, sum(members.values())
    last, done, receipt = list(members)[-1], 0, Receipt.CONFIRMED
    with scratch_folder(local.parent) as scratch, zipfile.ZipFile(local) as archive:
        for name, length in members.items():
            copy = scratch / "file"
            with archive.open(name) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target)
            is_last = name == last

            def report(sent: int, before: int = done, *, is_last: bool = is_last) -> None:
                is_whole = is_last and before + sent >= total
                on_bytes(size if is_whole else min(size - 1, size * (before + sent) // total))

            shown = remote.put(copy, folder / name, report, before_last if is_last else do_nothing)
            receipt = receipt if shown is Receipt.CONFIRMED else shown
            done += length
    return receipt


def folder_entry(
    remote: Remote, folder: PurePosixPath, path: PurePosixPath, local: Path
) -> Entry | None:
    """Return what the server shows of a study's folder, as if it were the zip at `path`."""
    there = _tree(remote, folder)
    if not there:
        return None
    sizes = {name: entry.size for name, entry in there.items()}
    size = sum(sizes.values())
    if local.is_file():
        whole = local.stat().st_size
        # The zip's size where every file is there with its own, and else a smaller one.
        size = whole if sizes == _members(local) else min(size, whole - 1)
    times = [entry.modified for entry in there.values() if entry.modified is not None]
    newest: datetime | None = max(times, default=None)
    return Entry(path.parent, path.name, size, is_folder=False, modified=newest)


def _members(local: Path) -> dict[str, int]:
    """Return the files of a package with their sizes; one that is not empty comes last."""
    try:
        with zipfile.ZipFile(local) as archive:
            found = [each for each in archive.infolist() if not each.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise PackageError(
            f"The package {local.name} cannot be read.",
            why=f"{error}.",
            advice="Submit again: the package is made again first.",
        ) from error
    found.sort(key=lambda each: each.file_size > 0)
    return {each.filename: each.file_size for each in found}


def _refuse_others(remote: Remote, folder: PurePosixPath, members: Mapping[str, int]) -> None:
    """Refuse to add to a folder with files of something else: all of it would be one study."""
    others = _tree(remote, folder).keys() - members.keys()
    if others:
        raise RemoteRefusedError(
            f"The folder of the study on the server holds {len(others)} other files.",
            why="They would be processed as a part of it.",
            advice="Ask neuropacs support to empty it, then submit again.",
        )


def _tree(remote: Remote, folder: PurePosixPath) -> dict[str, Entry]:
    """Return the files below a folder by their path in it; none where it is not there."""
    found: dict[str, Entry] = {}
    level = [folder]
    for _ in range(MAX_DEPTH):
        deeper: list[PurePosixPath] = []
        for place in level:
            try:
                entries = list(remote.list(place))
            except RemoteMissingError:
                continue
            deeper += [entry.path for entry in entries if entry.is_folder]
            found |= {
                str(entry.path.relative_to(folder)): entry
                for entry in entries
                if not entry.is_folder
            }
        level = deeper
    return found
