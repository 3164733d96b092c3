"""Keep what was read in Parquet files: a second reading of a cohort opens only what is new.

What comes later is kept in small files of its own beside the first, so that ten studies more cost
the writing of ten; now and then all are put together.

The cache holds nothing that cannot be read again, so any doubt about it (another version, damage,
another schema) ends it silently. It is keyed by the content's digest; size and times only spare the
result. Pages carry checksums: a flipped bit is noticed, not shown as a value.

A result folder is not listed again while its own times are the same. Where a file system does not
keep them (FAT under Windows), a report that comes later to a folder whose values are known is seen
once its values change; new folders and changed values are always seen.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from neuroflow._version import __version__
from neuroflow.errors import FolderError, ResultWarning
from neuroflow.events import warn_user
from neuroflow.io import PRIVATE, atomic_write, make_private_folder
from neuroflow.matrix import RegionName, dictionary_digest
from neuroflow.results.aidp import AidpReader, Schema
from neuroflow.results.search import Found, GroupZips, scan
from neuroflow.results.table.cohort_table import Results, load_results
from neuroflow.results.table.load import LoadResult, read_values
from neuroflow.results.table.remarks import Remark
from neuroflow.results.table.report_cache import ReportCache
from neuroflow.results.table.study_reports import StudyReport, read_reports
from neuroflow.results.table.values import COLUMNS, KnownFolders, ValueMatrix, merge, take_rows

FILE_NAME = "values.parquet"
MOST_PARTS = 8
"""Files beside the first one, before all are put together."""
_FORMAT = 7
_META = b"neuroflow"
_MATRIX = "values"
_NUMBER = np.dtype("<f8")
_ROWS_TOGETHER = 4096  # of a row group: what is held twice while a file is read
_SLACK_NS = 2_000_000_000  # FAT keeps times to two seconds: what changed since then is read again


def cached_results(
    folder: str | Path,
    cache: str | Path,
    *,
    studies: pd.DataFrame | None = None,
    participants: pd.DataFrame | str | Path | None = None,
    cohort_id: str = "",
    schema: Schema | None = None,
    clock_ns: Callable[[], int] = time.time_ns,
    own: Collection[str] | None = None,
    executor: Executor | None = None,
) -> Results:
    """Read a folder of results, as far as the cache does not know them."""
    store = Store(Path(cache), _identity(schema))
    started = clock_ns()

    def read(folder: Path, reader: AidpReader) -> tuple[Found, ValueMatrix, dict[str, StudyReport]]:
        known = store.load()
        zips = GroupZips(lambda: Path(cache) / "unpacked")
        found = scan(folder, KnownFolders.of(known).unchanged, zips)
        zips.sweep()
        result = read_values(found.values, reader, known, started - _SLACK_NS, executor)
        found = replace(found, values=())  # the reports take the room of thousands of paths
        store.save(result)
        texts = ReportCache(Path(cache), _identity(None), started - _SLACK_NS)
        reports = read_reports(found.reports, texts.read, zips.name)
        texts.save()
        pa.default_memory_pool().release_unused()  # what reading took besides
        return found, result.values, reports

    return load_results(
        folder,
        participants=participants,
        studies=studies,
        cohort_id=cohort_id,
        schema=schema,
        read=read,
        own=own,
    )


def cached_warnings(
    folder: str | Path, cache: str | Path, *, schema: Schema | None = None
) -> dict[str, str]:
    """Return the warnings about the values of studies, through the cache."""
    try:
        return cached_results(folder, cache, schema=schema).warnings
    except FolderError:
        return {}


def cached_remarks(folder: str | Path, cache: str | Path) -> list[Remark]:
    """Return what is unexpected in the values of all studies, by kind, through the cache."""
    try:
        return cached_results(folder, cache).remarks
    except FolderError:
        return []


class Store:
    """The files of a cache: the first, and those of what came later."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder
        self._identity = identity
        self._key = ""
        self._parts = 0
        self._known: ValueMatrix | None = None

    def load(self) -> ValueMatrix | None:
        """Read what is kept."""
        parts: list[ValueMatrix] = []
        for number in range(MOST_PARTS + 1):
            part = _read(self._path(number), self._identity, self._key)
            if part is None:
                break
            self._key, values = part
            parts.append(values)
        self._parts = len(parts)
        self._known = merge(parts) if parts else None
        return self._known

    def save(self, result: LoadResult) -> None:
        """Write what is new: to a file of its own, or all to one."""
        if self._known is not None and not len(result.new_rows) and not result.is_smaller:
            return
        is_much = len(result.new_rows) * 4 > len(result.values.rows)
        try:
            make_private_folder(self._folder)
            if not self._parts or self._parts > MOST_PARTS or result.is_smaller or is_much:
                self._key = secrets.token_hex(8)
                _write(self._path(0), result.values, self._identity, self._key)
                for number in range(1, MOST_PARTS + 1):
                    self._path(number).unlink(missing_ok=True)
            else:
                part = take_rows(result.values, result.new_rows)
                _write(self._path(self._parts), part, self._identity, self._key)
        except OSError as error:
            message = f"The cache {self._folder} cannot be written ({error.strerror}); "
            warn_user(f"{message}the table is complete.", ResultWarning)

    def _path(self, number: int) -> Path:
        return self._folder / (f"values-{number}.parquet" if number else FILE_NAME)


def _write(path: Path, values: ValueMatrix, identity: str, key: str) -> None:
    """Write one file whole, or not at all."""
    meta = {
        "identity": identity,
        "key": key,
        "names": [asdict(name) for name in values.names],
        "sets": {
            key: [values.names.index(name) for name in names] for key, names in values.sets.items()
        },
    }
    arrays = [pa.array(values.rows[name].tolist(), _TYPES[kind]) for name, kind in COLUMNS.items()]
    width = len(values.names)
    if width:  # whole rows of numbers as bytes are read much faster than a column per region
        matrix = pa.py_buffer(np.ascontiguousarray(values.matrix, dtype=_NUMBER).data)
        kind = pa.binary(width * _NUMBER.itemsize)
        arrays.append(pa.Array.from_buffers(kind, len(values.matrix), [None, matrix]))
    names = [*COLUMNS, _MATRIX][: len(arrays)]
    table = pa.Table.from_arrays(arrays, names).replace_schema_metadata({_META: json.dumps(meta)})
    with atomic_write(path, mode=PRIVATE) as temporary:
        pq.write_table(
            table,
            temporary,
            row_group_size=_ROWS_TOGETHER,
            use_dictionary=False,
            compression="none",  # measured numbers hardly get smaller
            write_page_checksum=True,
        )


def _read(path: Path, identity: str, key: str) -> tuple[str, ValueMatrix] | None:
    """Read one file; None where it is missing, outdated, damaged, or belongs to another first."""
    try:
        # Not mapped: a mapped file could change, or keep Windows from replacing it.
        with path.open("rb") as stream:
            file = pq.ParquetFile(stream, page_checksum_verification=True)
            meta = json.loads((file.schema_arrow.metadata or {})[_META])
            if meta["identity"] != identity or (key and meta["key"] != key):
                return None
            names = tuple(RegionName(**name) for name in meta["names"])
            rows = file.read(list(COLUMNS), use_threads=False).to_pandas()
            matrix = _read_matrix(file, len(rows), len(names))
        sets = {key: tuple(names[j] for j in places) for key, places in meta["sets"].items()}
        as_kept = zip(COLUMNS.items(), rows.dtypes, strict=True)
        rows = rows.astype({name: kind for (name, kind), found in as_kept if found != kind})
        return str(meta["key"]), ValueMatrix(names, matrix, rows, sets)
    except (OSError, KeyError, ValueError, TypeError, IndexError, pa.ArrowException):
        return None


def _read_matrix(file: pq.ParquetFile, n: int, width: int) -> npt.NDArray[np.float64]:
    """Read the numbers of one row group after the other, so that few are held twice."""
    matrix = np.empty((n, width))
    if not width:
        return matrix
    row = 0
    for group in range(file.num_row_groups):
        chunks = file.read_row_group(group, [_MATRIX], use_threads=False)[_MATRIX].chunks
        for chunk in chunks:
            first = chunk.offset * width
            flat = np.frombuffer(chunk.buffers()[1], _NUMBER)[first : first + len(chunk) * width]
            matrix[row : row + len(chunk)] = flat.reshape(len(chunk), width)
            row += len(chunk)
    if row != n:
        raise ValueError("The matrix has another number of rows than its columns.")
    return matrix


_TYPES = {"str": pa.large_string(), "int64": pa.int64()}  # as pandas keeps them


def _identity(schema: Schema | None) -> str:
    """Return what the reading of a file depends on besides its content."""
    return json.dumps([_FORMAT, __version__, dictionary_digest(), repr(schema or Schema())])
