"""Files of b-values and b-vectors in the layouts that converters and people write."""

from __future__ import annotations

import pytest

from neuroflow.errors import StudyError
from neuroflow.studies.archive import Member
from neuroflow.studies.nifti.gradient_files import read_gradients, read_numbers


def member(folder, text, name="dwi.bval"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Member(path)


@pytest.mark.parametrize(
    "text",
    ["0 1000 2000\n", "0,1000,2000", "0;1000;2000\r\n", "\ufeff0\t1e3 2000\n\n", "\n0 1000 2000"],
)
def test_numbers_are_read_whatever_separates_them(tmp_path, text):
    assert read_numbers(member(tmp_path, text)).tolist() == [[0, 1000, 2000]]


def test_numbers_may_stand_in_a_column(tmp_path):
    assert read_numbers(member(tmp_path, "0\n1000\n")).tolist() == [[0], [1000]]


@pytest.mark.parametrize("text", ["", "\n \n", "0 b\n", "0 1\n2\n", b"\xff\xfe0"])
def test_what_is_no_table_of_numbers_is_refused(tmp_path, text):
    with pytest.raises(StudyError, match="not a table of numbers"):
        read_numbers(member(tmp_path, text))


def test_eight_megabytes_are_read_and_more_is_refused(tmp_path):
    most = 8_000_000
    assert read_numbers(member(tmp_path, "0 1".ljust(most - 1) + "7")).tolist() == [[0, 1, 7]]
    with pytest.raises(StudyError, match="more than 8 MB"):
        read_numbers(member(tmp_path, "0 1".ljust(most) + "7"))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("1 2\n3 4\n5 6\n", [1, 3, 5]),
        ("1 2 3\n4 5 6\n", [1, 2, 3]),
        ("1 2 3\n4 5 6\n7 8 9\n", [1, 4, 7]),
    ],
)
def test_vectors_are_read_from_rows_or_columns(tmp_path, text, first):
    b_values, vectors = read_gradients(
        member(tmp_path, "0 1000"), member(tmp_path, text, "dwi.bvec")
    )
    assert b_values.tolist() == [0, 1000]
    assert vectors.shape[1] == 3
    assert vectors[0].tolist() == first


def test_vectors_without_three_rows_or_columns_are_refused(tmp_path):
    with pytest.raises(StudyError, match="has 2 rows and 4 columns"):
        read_gradients(member(tmp_path, "0 1"), member(tmp_path, "1 2 3 4\n5 6 7 8\n", "dwi.bvec"))
