"""All values of all files as one matrix: a row per study, a column per region, side and metric."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow.errors import AidpError
from neuroflow.results.aidp import AidpFile, AidpReader
from neuroflow.results.regions import METRIC_ORDER, RegionName, load_regions
from neuroflow.results.scan import Signature, ValueFile

COLUMNS = {
    "source": "str", "study_id": "str", "id": "str", "names": "str", "layout": "str",
    "delimiter": "str", "decimal": "str", "encoding": "str", "sha256": "str", "facts": "str",
    "warnings": "str", "error": "str", "beside": "str", "size": "int64", "mtime_ns": "int64",
    "ctime_ns": "int64", "folder_mtime_ns": "int64", "folder_ctime_ns": "int64",
}  # fmt: skip
"""The columns of `Values.rows` and their types; facts and warnings are JSON."""

_SIGNATURE = ("size", "mtime_ns", "ctime_ns", "folder_mtime_ns", "folder_ctime_ns")

Names = tuple[RegionName, ...]
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The content of many result files.

    Parameters
    ----------
    names
        The columns of the matrix, in the dictionary's order, then the unknown ones.
    matrix
        Shape (studies, names); NaN where a study has no such value.
    rows
        Where each row of the matrix comes from (`COLUMNS`); a file that could not be read has one
        row, with an `error`.
    sets
        The names each kind of file gives, by what stands in the column ``names``.
    """

    names: Names
    matrix: npt.NDArray[np.float64]
    rows: pd.DataFrame
    sets: dict[str, Names]


def read_values(
    files: Sequence[ValueFile], reader: AidpReader, known: Values | None = None, since: int = 0
) -> tuple[Values, bool]:
    """Read many result files, as far as they are not known yet.

    Parameters
    ----------
    files
        What to read.
    reader
        Reads one.
    known
        What was read before.
    since
        When that was, in ns since 1970 minus some slack: a file changed later than this is looked
        at even where its size and times are the same.

    Returns
    -------
    Values
        Of exactly these files.
    bool
        True where `known` is outdated: other files, or files it had to look at again.
    """
    if known is not None and _is_unchanged(files, known.rows, since):
        return known, False
    old = {} if known is None else _by_source(known.rows)
    parts: list[_Part] = []
    kept: list[tuple[int, int]] = []  # position in the result, position in `known`
    signatures: list[Signature] = []
    beside: list[str] = []
    keys: dict[int, str] = {}  # the reader shares one tuple of names among files of a kind
    looked = False
    for file in files:
        before, position = old.get(file.source), len(signatures)
        if before is not None and before.study_id == file.study_id:
            trusted = before.signature == file.signature and max(file.signature[1:]) < since
            looked = looked or not trusted
            if trusted or before.sha256 == _digest(file):
                kept += [(position + n, at) for n, at in enumerate(before.positions)]
                signatures += [file.signature] * len(before.positions)
                beside += [file.beside] * len(before.positions)
                continue
        parts.append(_Part(position, file, reader, keys))
        signatures += [file.signature] * len(parts[-1].rows)
        beside += [file.beside] * len(parts[-1].rows)
    if known is not None and not (parts or looked) and len(old) == len(files):
        return known, False
    values = _assemble(len(signatures), parts, kept, known)
    times = np.array(signatures, dtype=np.int64).reshape(-1, len(_SIGNATURE))
    for column, name in enumerate(_SIGNATURE):
        values.rows[name] = times[:, column]
    values.rows["beside"] = pd.Series(beside, dtype="str")
    return values, True


def known_folders(folder: Path, values: Values | None, since: int) -> dict[str, ValueFile]:
    """Tell which result folders need no listing while their times are the same.

    Parameters
    ----------
    folder
        The folder that is searched.
    values
        What was read before.
    since
        As for `read_values`: folders that changed later are listed again.

    Returns
    -------
    dict
        As `scan` takes it.
    """
    if values is None:
        return {}
    texts = (values.rows[name].tolist() for name in ("source", "study_id", "beside"))
    signatures = zip(*(values.rows[name].tolist() for name in _SIGNATURE), strict=True)
    known = {}
    for source, study_id, beside, signature in zip(*texts, signatures, strict=True):
        if signature[3] and max(signature[1:]) < since:
            path = f"{folder}{os.sep}{source if os.sep == '/' else source.replace('/', os.sep)}"
            inside = source[: source.rfind("/") + 1]
            known[inside] = ValueFile(path, source, study_id, signature, beside)
    return known


def _is_unchanged(files: Sequence[ValueFile], rows: pd.DataFrame, since: int) -> bool:
    """Tell whether these are the files that were read before, all older than that."""
    signatures = zip(*(rows[name].tolist() for name in _SIGNATURE), strict=True)
    before = list(zip(rows["source"].tolist(), rows["study_id"].tolist(), signatures, strict=True))
    if len(before) > len(files):  # a report of many has many rows
        before = list(dict.fromkeys(before))
    if before != [(file.source, file.study_id, file.signature) for file in files]:
        return False
    return not before or int(rows[list(_SIGNATURE[1:])].to_numpy().max()) < since


@dataclass(slots=True)
class _Before:
    """One file as it was read before."""

    study_id: str
    signature: Signature
    sha256: str
    positions: list[int]


def _by_source(rows: pd.DataFrame) -> dict[str, _Before]:
    columns = ("source", "study_id", *_SIGNATURE, "sha256")
    found: dict[str, _Before] = {}
    lists = (rows[name].tolist() for name in columns)
    for at, (source, study, *signature, sha256) in enumerate(zip(*lists, strict=True)):
        if source in found:
            found[source].positions.append(at)
        else:
            found[source] = _Before(study, tuple(signature), sha256, [at])
    return found


class _Part:
    """One file just read."""

    def __init__(
        self, position: int, file: ValueFile, reader: AidpReader, keys: dict[int, str]
    ) -> None:
        self.position = position
        self.read: AidpFile | None = None
        self.key = ""
        head = (file.source, file.study_id)
        try:
            self.read = read = reader.read(file.path)
        except AidpError as error:
            sha256 = _digest(file)
            row = (
                *head,
                "",
                "",
                "",
                "",
                "",
                "",
                sha256,
                "{}",
                "[]",
                str(error),
                "",
                *file.signature,
            )
            self.rows: list[Row] = [row]
            return
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
                "",
                *file.signature,
            )
            for i in range(len(read.ids))
        ]


def _digest(file: ValueFile) -> str:
    try:
        return hashlib.sha256(Path(file.path).read_bytes()).hexdigest()
    except OSError:  # told by the reader
        return "unreadable"


def _assemble(
    height: int, parts: Sequence[_Part], kept: Sequence[tuple[int, int]], known: Values | None
) -> Values:
    rows = pd.DataFrame([row for part in parts for row in part.rows], columns=list(COLUMNS))
    rows = rows.astype(COLUMNS)
    sets = {part.key: part.read.names for part in parts if part.read is not None}
    to = np.array([], dtype=np.int64)
    if known is not None and kept:
        to, at = (np.array(positions) for positions in zip(*kept, strict=True))
        old = known.rows.iloc[at]
        rows = pd.concat([rows, old], ignore_index=True) if parts else old
        sets |= {key: known.sets[key] for key in old["names"].unique() if key}
    new = [part.position + n for part in parts for n in range(len(part.rows))]
    order = np.argsort(np.concatenate([np.array(new, dtype=np.int64), to]))
    names = _in_order(sets.values())
    column = {name: j for j, name in enumerate(names)}
    matrix = np.full((height, len(names)), np.nan)
    places = {key: [column[name] for name in given] for key, given in sets.items()}
    for part in parts:
        if part.read is not None:
            matrix[part.position : part.position + len(part.rows), places[part.key]] = (
                part.read.values
            )
    if known is not None and kept:
        theirs = [j for j, name in enumerate(known.names) if name in column]
        ours = [column[known.names[j]] for j in theirs]
        matrix[to[:, None], ours] = known.matrix[at[:, None], theirs]
    return Values(names, matrix, rows.iloc[order].reset_index(drop=True), sets)


def _in_order(sets: Iterable[Names]) -> Names:
    """Put names into the dictionary's order, metric by metric; unknown ones follow by name."""
    regions = load_regions()
    keys = zip(regions["region"], regions["hemisphere"], strict=True)
    rank = {key: n for n, key in enumerate(keys)}
    metrics = {metric: n for n, metric in enumerate(METRIC_ORDER)}

    def place(name: RegionName) -> tuple[int, str, str, int, str]:
        known = rank[name.region, name.hemisphere] if name.known else len(rank)
        metric = str(name.metric)
        return known, name.region, name.hemisphere, metrics.get(metric, len(metrics)), metric

    return tuple(sorted({name for given in sets for name in given}, key=place))
