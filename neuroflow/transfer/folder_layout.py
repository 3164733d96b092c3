"""Where an account keeps uploads and results, if not as in the service's guide.

neuroflow speaks of ``input/<cohort>/input/<study>.zip`` and ``output/`` everywhere; a remote with
another layout translates these paths, and those of listings back.
"""

from __future__ import annotations

import builtins
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Self

from neuroflow.contract import INPUT, OUTPUT, safe_name
from neuroflow.errors import IdError, NeuroflowError, RemoteRefusedError
from neuroflow.models import Entry
from neuroflow.transfer.remote import BeforeLast, OnBytes, Receipt, Remote, Wanted, do_nothing
from neuroflow.transfer.study_folders import FOLDER, ZIP, folder_entry, send_folder

COHORT = "{cohort}"
GUIDE_INPUT, GUIDE_OUTPUT = "input/{cohort}/input", "output"
"""Where the service's guide states that zips and results are."""
MAX_PARTS = 8


@dataclass(frozen=True, slots=True)
class FolderLayout:
    """Where the zips of a cohort go, and where results come from.

    Parameters
    ----------
    input
        The folder of a cohort's zips, from the account's home folder, with ``{cohort}`` for the
        cohort's id.
    output
        The folder of result folders, with ``{cohort}`` where each cohort has one of its own.
    study_as
        ``"zip"``, or ``"folder"`` where a study is sent as a folder of its files.

    Raises
    ------
    ValueError
        A folder is not a relative path of plain names, `input` names no cohort, or `study_as` is
        neither.

    Examples
    --------
    >>> layout = FolderLayout("{cohort}/input", "{cohort}/output")
    >>> str(layout.on_server(PurePosixPath("input/C1/input/a.zip")))
    'C1/input/a.zip'
    >>> str(layout.on_server(PurePosixPath("output/C1/a_out/aidp.csv")))
    'C1/output/a_out/aidp.csv'
    >>> str(FolderLayout(output="outgoing").on_server(PurePosixPath("output/a_out")))
    'outgoing/a_out'
    """

    input: str = GUIDE_INPUT  # With ``{cohort}`` for the cohort's id
    output: str = GUIDE_OUTPUT  # With ``{cohort}`` where each cohort has a folder of its own
    study_as: str = ZIP

    def __post_init__(self) -> None:
        if self.study_as not in {ZIP, FOLDER}:
            raise ValueError(f"study_as is {ZIP!r} or {FOLDER!r}, not {self.study_as!r}")
        check_folder(self.input, needs_cohort=True)
        check_folder(self.output)

    @property
    def is_usual(self) -> bool:
        """True for the layout of the guide."""
        return self == FolderLayout()

    def on_server(self, path: PurePosixPath) -> PurePosixPath:
        """Return where a path of neuroflow is on the server.

        Parameters
        ----------
        path
            A path as the service's guide has it, such as ``input/C1/input/a.zip``.

        Returns
        -------
        PurePosixPath
            The path in this layout.

        Examples
        --------
        >>> FolderLayout(output="outgoing").on_server(PurePosixPath("output/a_out"))
        PurePosixPath('outgoing/a_out')
        """
        if path.parts[:1] == INPUT.parts:
            return _filled(self.input, path.parts[1:], skip=1)
        if path.parts[:1] == OUTPUT.parts:
            return _filled(self.output, path.parts[1:], skip=0)
        return path

    def has_cohorts_above(self, path: PurePosixPath) -> bool:
        """Check whether the listing of a folder of neuroflow is that of the cohorts' folders.

        Parameters
        ----------
        path
            A path as the service's guide has it.

        Returns
        -------
        bool
            True for ``output`` where each cohort has a folder of its own.

        Examples
        --------
        >>> FolderLayout(output="{cohort}/output").has_cohorts_above(PurePosixPath("output"))
        True
        """
        return path == OUTPUT and COHORT in self.output


def check_folder(text: str, *, needs_cohort: bool = False) -> None:
    """Refuse a folder that is not a relative path of plain names."""
    parts = text.split("/")
    if not text or len(parts) > MAX_PARTS:
        raise ValueError(f"{text!r} is not a folder below the home")
    for part in parts:
        try:
            safe_name("c" if part == COHORT else part)
        except IdError as error:
            raise ValueError(f"{text!r} is not a folder below the home: {error.why}") from error
        if part != COHORT and ("{" in part or "}" in part):
            raise ValueError(f"{text!r}: {COHORT} has to be the whole name of a folder")
    count = parts.count(COHORT)
    if count > 1 or (needs_cohort and not count):
        raise ValueError(f"{text!r} has to name {COHORT} once")


def _filled(template: str, rest: tuple[str, ...], *, skip: int) -> PurePosixPath:
    """Put the cohort, the first part of `rest`, into a template; leave out `skip` parts after."""
    parts = template.split("/")
    if COHORT not in parts:
        return PurePosixPath(*parts, *rest)
    at = parts.index(COHORT)
    # Without a cohort: the folder that holds those of all cohorts.
    if not rest:
        return PurePosixPath(*parts[:at]) if at else PurePosixPath(".")
    cohort, below = rest[0], rest[1:]
    if skip and not below:
        return PurePosixPath(*parts[:at], cohort)
    return PurePosixPath(*parts[:at], cohort, *parts[at + 1 :], *below[skip:])


class LaidOutRemote:
    """A remote whose account has another layout of folders."""

    def __init__(self, remote: Remote, layout: FolderLayout, packages: Path) -> None:
        self._remote, self._layout, self._packages = remote, layout, packages

    def list(self, path: PurePosixPath) -> Iterator[Entry]:
        """Yield what is in a folder."""
        return iter(self._as_ours(path, self._remote.list(self._layout.on_server(path))))

    def list_many(
        self, paths: Sequence[PurePosixPath]
    ) -> Iterator[Sequence[Entry] | RemoteRefusedError]:
        """List many folders."""
        there = [self._layout.on_server(path) for path in paths]
        for path, found in zip(paths, self._remote.list_many(there), strict=True):
            yield found if isinstance(found, RemoteRefusedError) else self._as_ours(path, found)

    def stat(self, path: PurePosixPath) -> Entry | None:
        """Return the entry of one path."""
        if self._is_study(path):
            cohort_id = path.relative_to(INPUT).parts[0]
            local = self._packages / cohort_id / path.name
            return folder_entry(self._remote, self._layout.on_server(_unzipped(path)), path, local)
        found = self._remote.stat(self._layout.on_server(path))
        return found and replace(found, folder=path.parent, name=path.name)

    def put(
        self,
        local: Path,
        path: PurePosixPath,
        on_bytes: OnBytes = do_nothing,
        before_last: BeforeLast = do_nothing,
    ) -> Receipt:
        """Write a whole file, or all files of a study."""
        if self._is_study(path):
            folder = self._layout.on_server(_unzipped(path))
            return send_folder(self._remote, local, folder, on_bytes, before_last)
        return self._remote.put(local, self._layout.on_server(path), on_bytes, before_last)

    def get(
        self,
        path: PurePosixPath,
        local: Path,
        size: int,
        on_bytes: OnBytes = do_nothing,
        modified: datetime | None = None,
    ) -> None:
        """Download a file."""
        self._remote.get(self._layout.on_server(path), local, size, on_bytes, modified)

    def get_many(self, wanted: Sequence[Wanted]) -> Generator[NeuroflowError | None, None, None]:
        """Download many files."""
        there = [each._replace(path=self._layout.on_server(each.path)) for each in wanted]
        return self._remote.get_many(there)

    def mkdirs(self, path: PurePosixPath) -> None:
        """Create a folder and its parents."""
        self._remote.mkdirs(self._layout.on_server(path))

    def close(self) -> None:
        """End the session."""
        self._remote.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _is_study(self, path: PurePosixPath) -> bool:
        """Check for a zip of a study that is a folder on the server."""
        is_upload = path.parts[:1] == INPUT.parts and path.suffix == ".zip"
        return self._layout.study_as == FOLDER and is_upload

    def _as_ours(
        self, path: PurePosixPath, entries: Iterator[Entry] | Sequence[Entry]
    ) -> builtins.list[Entry]:
        """Return entries under the paths that neuroflow knows them by."""
        only_folders = self._layout.has_cohorts_above(path)
        return [
            replace(entry, folder=path) for entry in entries if entry.is_folder or not only_folders
        ]


def _unzipped(path: PurePosixPath) -> PurePosixPath:
    return path.with_name(path.name.removesuffix(".zip"))


def with_layout(remote: Remote, layout: FolderLayout, packages: Path) -> Remote:
    """Return a remote that keeps to a layout; `packages` has a folder of zips per cohort."""
    return remote if layout.is_usual else LaidOutRemote(remote, layout, packages)
