"""LoadResult many result files, as far as they are not known yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.errors import AidpError
from neuroflow.results.aidp import AidpFile, AidpReader, Schema
from neuroflow.results.search import Signature, ValueFile
from neuroflow.results.table.values import COLUMNS, SIGNATURE, ValueMatrix, copy_rows, sorted_names

Row = tuple[object, ...]
_CHUNK = 256  # files that a worker reads together


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was read, and what of it is new."""

    values: ValueMatrix  # Of exactly the files that were asked for
    new_rows: npt.NDArray[np.int64]  # Those not known before, or read again
    is_smaller: bool = False  # True where known files are gone


def read_values(
    files: Sequence[ValueFile],
    reader: AidpReader,
    known: ValueMatrix | None = None,
    since: int = 0,
    executor: Executor | None = None,
) -> LoadResult:
    """Read many result files, as far as they are not known yet; new ones on an executor."""
    lookup = _Lookup([file.row for file in files])
    if known is None or -1 in lookup.at:
        lookup = _find_known(files, reader, known, executor)
    nothing = np.array([], dtype=np.int64)
    if known is not None and not lookup.new_rows and lookup.at == list(range(len(known.rows))):
        return LoadResult(known, nothing)
    at = np.array(lookup.at, dtype=np.int64)
    values = _assemble(at, lookup.parts, known)
    new_rows = nothing
    if lookup.new_rows:
        new_rows = np.array(list(lookup.new_rows), dtype=np.int64)
        _set_times(values.rows, new_rows, list(lookup.new_rows.values()), since)
    return LoadResult(
        values, new_rows, is_smaller=known is not None and _is_smaller(at, values, known)
    )


@dataclass(slots=True)
class _Lookup:
    """Where the rows of a result come from: rows known before (-1 where not), and files read."""

    at: list[int]
    parts: list[_ReadFile] = field(default_factory=list)
    new_rows: dict[int, ValueFile] = field(default_factory=dict)

    def add(self, file: ValueFile, at: Sequence[int]) -> None:
        self.new_rows |= dict.fromkeys(range(len(self.at), len(self.at) + len(at)), file)
        self.at += at


def _find_known(
    files: Sequence[ValueFile],
    reader: AidpReader,
    known: ValueMatrix | None,
    executor: Executor | None,
) -> _Lookup:
    unknown = {file.source for file in files if file.row < 0}
    before = {} if known is None else _known_files(known.rows, unknown)
    new = [file.path for file in files if file.row < 0 and file.source not in before]
    elsewhere = {} if executor is None else _read_elsewhere(new, reader.schema, executor)
    keys: dict[int, str] = {}  # the reader shares one tuple of names among files of a kind
    lookup = _Lookup([])
    for file in files:
        if file.row >= 0:
            lookup.at.append(file.row)
            continue
        old = before.get(file.source)
        if old is not None and old.study_id == file.study_id:
            if old.is_trusted(file):
                lookup.at += old.positions
                continue
            if old.sha256 == _digest(file):
                lookup.add(file, old.positions)
                continue
        part = _ReadFile(file, elsewhere.get(file.path) or _read(file.path, reader), keys)
        lookup.parts.append(part)
        lookup.add(file, [-1] * len(part.rows))
    return lookup


def _read(path: str, reader: AidpReader) -> AidpFile | AidpError:
    try:
        return reader.read(path)
    except AidpError as error:
        return error


def _read_chunk(schema: Schema, paths: Sequence[str]) -> list[AidpFile | AidpError]:
    """Read some files, on a worker."""
    reader = AidpReader(schema)
    return [_read(path, reader) for path in paths]


def _read_elsewhere(
    paths: Sequence[str], schema: Schema, executor: Executor
) -> dict[str, AidpFile | AidpError]:
    """Read files on an executor, whose workers see the same disk."""
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    found = executor.map(partial(_read_chunk, schema), chunks)
    return {
        path: file
        for chunk, files in zip(chunks, found, strict=True)
        for path, file in zip(chunk, files, strict=True)
    }


@dataclass(slots=True)
class _KnownFile:
    """One file as it was read before."""

    study_id: str
    signature: Signature
    sha256: str
    beside: str
    since: int
    positions: list[int]

    def is_trusted(self, file: ValueFile) -> bool:
        is_same = self.signature == file.signature and self.beside == file.beside
        return is_same and max(file.signature[1:]) < self.since


def _known_files(rows: pd.DataFrame, sources: Collection[str]) -> dict[str, _KnownFile]:
    positions = np.array([at for at, s in enumerate(rows["source"].tolist()) if s in sources], int)
    columns = ("source", "study_id", "sha256", "beside", "since", *SIGNATURE)
    found: dict[str, _KnownFile] = {}
    lists = (rows[name].iloc[positions].tolist() for name in columns)
    for at, (source, study, sha256, beside, since, *signature) in zip(
        positions.tolist(), zip(*lists, strict=True), strict=True
    ):
        if source in found:
            found[source].positions.append(at)
        else:
            times: Signature = tuple(signature)
            found[source] = _KnownFile(study, times, sha256, beside, since, [at])
    return found


class _ReadFile:
    """One file just read; its times are filled in later."""

    def __init__(self, file: ValueFile, found: AidpFile | AidpError, keys: dict[int, str]) -> None:
        self.read: AidpFile | None = None
        self.key = ""
        head, tail = (file.source, file.study_id), ("",) + (0,) * 6
        if isinstance(found, AidpError):
            unread = ("", "", "", "", "", "", _digest(file), "{}", "[]", str(found))
            self.rows: list[Row] = [(*head, *unread, *tail)]
            return
        self.read = read = found
        if id(read.names) not in keys:
            keys[id(read.names)] = hashlib.sha256(repr(read.names).encode()).hexdigest()[:16]
        self.key = keys[id(read.names)]
        how = (self.key, read.layout, read.delimiter, read.decimal, read.encoding, read.sha256)
        self.rows = [
            (
                *head,
                read.ids[i],
                *how,
                json.dumps(read.facts[i]) if read.facts[i] else "{}",
                json.dumps(read.warnings[i]) if read.warnings[i] else "[]",
                "",
                *tail,
            )
            for i in range(len(read.ids))
        ]


def _digest(file: ValueFile) -> str:
    try:
        with Path(file.path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:  # the reader reports it
        return "unreadable"


def _assemble(
    at: npt.NDArray[np.int64], parts: Sequence[_ReadFile], known: ValueMatrix | None
) -> ValueMatrix:
    """Put known rows and new ones where they belong."""
    rows = pd.DataFrame([row for part in parts for row in part.rows], columns=list(COLUMNS))
    rows = rows.astype(COLUMNS)
    sets = {part.key: part.read.names for part in parts if part.read is not None}
    is_kept = at >= 0
    if known is not None and is_kept.any():
        old = known.rows.iloc[at[is_kept]]
        rows = pd.concat([old, rows], ignore_index=True) if parts else old
        sets = {key: known.sets[key] for key in old["names"].unique() if key} | sets
    order = np.argsort(np.concatenate([np.flatnonzero(is_kept), np.flatnonzero(~is_kept)]))
    names = sorted_names(sets.values())
    column = {name: j for j, name in enumerate(names)}
    matrix = np.full((len(at), len(names)), np.nan)
    places = {key: [column[name] for name in given] for key, given in sets.items()}
    start = iter(np.flatnonzero(~is_kept).tolist())
    for part in parts:
        here = [next(start) for _ in part.rows]
        if part.read is not None:
            matrix[np.array(here)[:, None], places[part.key]] = part.read.values
    if known is not None and names == known.names:  # whole rows are copied much faster
        copy_rows(known.matrix, at[is_kept], matrix, np.flatnonzero(is_kept))
    elif known is not None and is_kept.any():
        theirs = [j for j, name in enumerate(known.names) if name in column]
        ours = [column[known.names[j]] for j in theirs]
        to, of = np.flatnonzero(is_kept)[:, None], at[is_kept][:, None]
        matrix[to, ours] = known.matrix[of, theirs]
    return ValueMatrix(names, matrix, rows.iloc[order].reset_index(drop=True), sets)


def _set_times(
    rows: pd.DataFrame, at: npt.NDArray[np.int64], files: Sequence[ValueFile], since: int
) -> None:
    """Record the times of files, and what lay beside them."""
    times = np.array([(*file.signature, since) for file in files], dtype=np.int64)
    for j, name in enumerate((*SIGNATURE, "since")):
        column = rows[name].to_numpy(copy=True)
        column[at] = times[:, j]
        rows[name] = column
    beside = rows["beside"].tolist()
    for position, file in zip(at.tolist(), files, strict=True):
        beside[position] = file.beside
    rows["beside"] = pd.Series(beside, dtype="str")


def _is_smaller(at: npt.NDArray[np.int64], values: ValueMatrix, known: ValueMatrix) -> bool:
    """Check whether files that were known are gone."""
    is_kept = np.zeros(len(known.rows), dtype=bool)
    is_kept[at[at >= 0]] = True
    left = set(known.rows["source"][~is_kept])
    return bool(left) and not left <= set(values.rows["source"])
