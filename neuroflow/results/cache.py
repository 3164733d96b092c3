"""What was read, kept in one Parquet file: a second look at a cohort reads only what is new.

The cache holds nothing that cannot be read again, so any doubt about it (another version, damage,
another schema) ends it silently. It is keyed by the content's digest; size and times only spare the
reading. Pages carry checksums: a flipped bit is noticed, not shown as a value.

A result folder is not listed again while its own times are the same. Where a file system does not
keep them (FAT under Windows), a report that comes later to a folder whose values are known is seen
once its values change; new folders and changed values are always seen.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from neuroflow import __version__
from neuroflow.errors import FolderError, ResultWarning
from neuroflow.results.aidp import AidpReader
from neuroflow.results.regions import RegionName, dictionary_digest
from neuroflow.results.scan import Found, scan
from neuroflow.results.schema import Schema
from neuroflow.results.table import Results, load_results
from neuroflow.results.values import COLUMNS, Values, known_folders, read_values

FILE_NAME = "values.parquet"
_FORMAT = 3
_META = b"neuroflow"
_MATRIX = "values"
_NUMBER = np.dtype("<f8")
_SLACK_NS = 2_000_000_000  # FAT keeps times to two seconds: what changed since then is looked at


def cached_results(
    folder: str | Path,
    cache: str | Path,
    *,
    studies: pd.DataFrame | None = None,
    participants: pd.DataFrame | str | Path | None = None,
    cohort_id: str = "",
    schema: Schema | None = None,
    clock_ns: Callable[[], int] = time.time_ns,
) -> Results:
    """Read a folder of results, as far as the cache does not know them.

    Parameters
    ----------
    folder, studies, participants, cohort_id, schema
        As for `read_results`.
    cache
        The folder of the cache; made where missing.
    clock_ns
        The time in ns since 1970.

    Returns
    -------
    Results
        With `Results.table` and `Results.studies`, each made when it is asked for.

    Raises
    ------
    FolderError
        The folder is missing, unreadable, or holds no results.

    Warns
    -----
    ResultWarning
        The cache cannot be written.
    """
    path = Path(cache) / FILE_NAME
    identity = _identity(schema)
    started = clock_ns()

    def read(folder: Path, reader: AidpReader) -> tuple[Found, Values]:
        known, since = load_values(path, identity) or (None, 0)
        found = scan(folder, known_folders(folder, known, since))
        values, changed = read_values(found.values, reader, known, since)
        if changed:
            save_values(path, values, identity, started - _SLACK_NS)
        return found, values

    return load_results(
        folder,
        participants=participants,
        studies=studies,
        cohort_id=cohort_id,
        schema=schema,
        read=read,
    )


def cached_tables(
    folder: str | Path,
    cache: str | Path,
    *,
    studies: pd.DataFrame | None = None,
    participants: pd.DataFrame | str | Path | None = None,
    cohort_id: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the cohort table and the facts of its studies, through the cache.

    Parameters
    ----------
    folder, cache, studies, participants, cohort_id
        As for `cached_results`, which makes only the one that is asked for.

    Returns
    -------
    table, facts : DataFrame
        As `read_results` and `study_facts` give them.
    """
    results = cached_results(
        folder, cache, studies=studies, participants=participants, cohort_id=cohort_id
    )
    return results.table, results.studies


def cached_table(
    folder: str | Path,
    cache: str | Path,
    *,
    studies: pd.DataFrame | None = None,
    participants: pd.DataFrame | str | Path | None = None,
    cohort_id: str = "",
) -> pd.DataFrame:
    """Give the cohort table, through the cache.

    Parameters
    ----------
    folder, cache, studies, participants, cohort_id
        As for `cached_results`.

    Returns
    -------
    DataFrame
        As `read_results` gives it.
    """
    return cached_results(
        folder, cache, studies=studies, participants=participants, cohort_id=cohort_id
    ).table


def cached_warnings(
    folder: str | Path, cache: str | Path, *, schema: Schema | None = None
) -> dict[str, str]:
    """Tell what is odd about the values of studies, through the cache.

    Parameters
    ----------
    folder, cache, schema
        As for `cached_results`.

    Returns
    -------
    dict
        The warnings by study, of those that have some. Empty where there are no results yet, or
        where the folder cannot be read, which the table tells.
    """
    try:
        return cached_results(folder, cache, schema=schema).warnings
    except FolderError:
        return {}


def save_values(path: Path, values: Values, identity: str, since: int) -> None:
    """Write the cache whole, or not at all.

    Parameters
    ----------
    path
        The file.
    values
        What to keep.
    identity
        What it depends on besides the files.
    since
        Files that changed later than this (ns since 1970) are to be looked at again.
    """
    meta = {
        "identity": identity,
        "since": since,
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
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, temporary, use_dictionary=False, write_page_checksum=True)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        message = f"The cache {path} cannot be written ({error.strerror}); the table is complete."
        warnings.warn(message, ResultWarning, stacklevel=2)


def load_values(path: Path, identity: str) -> tuple[Values, int] | None:
    """Read the cache.

    Parameters
    ----------
    path
        The file.
    identity
        What it must depend on.

    Returns
    -------
    tuple or None
        The values, and since when files are to be looked at again; None where there is no cache,
        an outdated one, or a damaged one.
    """
    try:
        # Into memory: a mapped file could change, or keep Windows from replacing it.
        data = pa.BufferReader(path.read_bytes())
        file = pq.ParquetFile(data, page_checksum_verification=True)
        meta = json.loads((file.schema_arrow.metadata or {})[_META])
        if meta["identity"] != identity:
            return None
        table = file.read(use_threads=False)
        names = tuple(RegionName(**name) for name in meta["names"])
        sets = {key: tuple(names[j] for j in places) for key, places in meta["sets"].items()}
        rows = table.select(list(COLUMNS)).to_pandas().astype(COLUMNS)
        matrix = np.empty((len(rows), 0))
        if names:
            column = pa.concat_arrays(table[_MATRIX].chunks)
            start = column.offset * len(names)
            flat = np.frombuffer(column.buffers()[1], _NUMBER)[
                start : start + len(rows) * len(names)
            ]
            matrix = flat.reshape(len(rows), len(names))
        return Values(names, matrix, rows, sets), int(meta["since"])
    except (OSError, KeyError, ValueError, TypeError, IndexError, pa.ArrowException):
        return None


_TYPES = {"str": pa.string(), "int64": pa.int64()}


def _identity(schema: Schema | None) -> str:
    """Say what the reading of a file depends on besides its content."""
    return json.dumps([_FORMAT, __version__, dictionary_digest(), repr(schema or Schema())])
