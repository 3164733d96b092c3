"""ZIPs of results, as the portal makes one of a group: read in place, like the folder they hold.

What is read of them is copied to a private place: reports and tables. Of pictures and other files
the name alone counts.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath

from neuroflow.contract import safe_name
from neuroflow.errors import IdError
from neuroflow.io import make_private_folder, max_bytes, private_mode, write_private
from neuroflow.results.search.folder_files import MAX_MEMBERS, READ

MAX_DEPTH = 8
MAX_UNPACKED = 1_000_000_000
"""Bytes of the reports and tables in one ZIP: those of 20,000 studies have a tenth of it."""
_CHUNK = 1 << 20
_DONE = ".unpacked"
_UNREADABLE = (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError)
"""What zipfile raises for damaged and encrypted files, and for kinds that it does not know."""


class GroupZips:
    """Makes folders of ZIPs below a place; those of unchanged ZIPs are used again."""

    def __init__(self, place: Callable[[], Path]) -> None:
        # The place is made when there is a ZIP.
        self._make_place = place
        self._archives: dict[str, str] = {}  # By the folder that was made of each
        self.left_out: list[str] = []  # Archives, and members, that could not be read, and why

    @cached_property
    def _place(self) -> Path:
        return self._make_place()

    def unpack(self, archive: Path, source: str) -> Path | None:
        """Return a folder with what a ZIP holds; None where it cannot be read."""
        try:
            facts = archive.stat()
            text = f"{archive.absolute()}\n{facts.st_size}\n{facts.st_mtime_ns}"
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            folder = self._place / digest / archive.name
            done = folder.parent / _DONE
            if not done.exists():
                shutil.rmtree(folder.parent, ignore_errors=True)
                make_private_folder(folder)
                write_private(done, str(self._copy(archive, folder)).encode())
            if skipped := int(done.read_text(encoding="utf-8") or 0):
                self.left_out.append(
                    f"{source} ({skipped} files with unsafe names, too large, or too many)"
                )
        except _UNREADABLE as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self.left_out.append(f"{source} ({reason})")
            return None
        self._archives[str(folder)] = str(archive)
        return folder

    def name(self, path: str) -> str:
        """Return where a file lies for a user: in its ZIP, not in the copy."""
        for folder, archive in self._archives.items():
            if path.startswith(folder):
                return archive + path[len(folder) :]
        return path

    def sweep(self) -> None:
        """Remove what was made of ZIPs that are gone or have changed."""
        kept = {Path(folder).parent.name for folder in self._archives}
        with suppress(OSError):
            for folder in self._place.iterdir():
                if folder.name not in kept:
                    shutil.rmtree(folder, ignore_errors=True)

    def _copy(self, archive: Path, folder: Path) -> int:
        """Copy what is read of a ZIP; return how many files were left out."""
        left = MAX_UNPACKED
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            skipped = max(len(members) - MAX_MEMBERS, 0)
            for member in members[:MAX_MEMBERS]:
                place = _place_of(member.filename)
                if member.is_dir() or (place is not None and not place.parts):
                    continue
                is_read = member.filename.lower().endswith(READ)
                size = member.file_size if is_read else 0
                if place is None or size > min(left, max_bytes(member.filename)):
                    skipped += 1
                    continue
                left -= size
                target = folder / place
                make_private_folder(target.parent)
                with suppress(FileExistsError), target.open("xb") as file:  # one of two alike
                    target.chmod(private_mode(target.parent))
                    for chunk in _chunks(opened, member) if is_read else ():
                        file.write(chunk)
        return skipped


def _chunks(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with opened.open(member) as stream:  # at most as many bytes as were listed
        while chunk := stream.read(_CHUNK):
            yield chunk


def _place_of(name: str) -> PurePosixPath | None:
    """Return where a member goes: nowhere (empty) if it is a system's, None if it is unsafe."""
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    if any(part.startswith(("__MACOSX", "._", ".DS_Store")) for part in parts):
        return PurePosixPath()
    if len(parts) > MAX_DEPTH or name.startswith(("/", "\\")):
        return None
    try:
        return PurePosixPath(*map(safe_name, parts))
    except IdError:
        return None
