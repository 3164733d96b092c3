"""The files of b-values and b-vectors beside a NIfTI image."""

from __future__ import annotations

import numpy as np

from neuroflow.errors import StudyError
from neuroflow.io import in_megabytes
from neuroflow.studies.archive import READ_ERRORS, Member, refuse_placeholder

_MAX_BYTES = 8_000_000  # 100,000 volumes take a tenth of it


def read_numbers(member: Member) -> np.ndarray:
    """Read a file of b-values or b-vectors."""
    try:
        with member.open_raw() as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise StudyError(
                "The b-values or b-vectors were not read.",
                why=f"The file has more than {in_megabytes(_MAX_BYTES)}.",
                advice="Convert the study again.",
            )
        text = data.decode("utf-8-sig")
        lines = [line.replace(",", " ").replace(";", " ").split() for line in text.splitlines()]
        rows = [[float(word) for word in line] for line in lines if line]
        if not rows or len({len(row) for row in rows}) != 1:
            raise ValueError  # noqa: TRY301
    except (*READ_ERRORS, ValueError) as error:
        refuse_placeholder(member)
        raise StudyError(
            "The b-values or b-vectors are not a table of numbers.",
            why="The file is empty, contains text, or has rows of different length.",
            advice="Convert the study again.",
        ) from error
    return np.array(rows, dtype=float)


def read_gradients(bval: Member, bvec: Member) -> tuple[np.ndarray, np.ndarray]:
    """Read b-values and b-vectors in any of their layouts; vectors have shape (n, 3)."""
    b_values = read_numbers(bval).ravel()
    vectors = read_numbers(bvec)
    if 3 not in vectors.shape:
        raise StudyError(
            f"The file of b-vectors has {vectors.shape[0]} rows and {vectors.shape[1]} columns.",
            why="b-vectors have three rows or three columns.",
            advice="Convert the study again.",
        )
    # Three volumes in three rows look like three columns: FSL's layout takes precedence.
    return b_values, vectors.T if vectors.shape[0] == 3 else vectors
