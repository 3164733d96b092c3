"""What is taken of the files that a result folder lists."""

from pathlib import PurePosixPath

import pytest

from neuroflow.models import Entry, ResultFolder
from neuroflow.transfer.collect.folder_contents import (
    is_failure,
    other_results,
    too_large,
    usable_files,
)

PATH = PurePosixPath("output/s_out")


def folder(*names):
    files = tuple(Entry(PATH, name, 9, is_folder=False) for name in names)
    return ResultFolder("s", PATH, files)


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["failure_report.txt"], True), (["failure_report.txt", "aidp.csv"], False), ([], False)],
)
def test_a_failure_report_without_values_is_a_failure(names, expected):
    assert is_failure(folder(*names)) is expected


def test_results_of_another_product_are_named():
    assert other_results(folder("aidd.csv", "aidd.png", "aidp.csv")) == ["aidd.csv"]


def test_a_name_that_windows_refuses_is_left_out():
    usable, sentences = usable_files(folder("CON", "aidp.csv"))
    assert [entry.name for entry in usable] == ["aidp.csv"]
    assert sentences == [
        "Study s: the file 'CON' beside its results was left out: it cannot be a name on Windows."
    ]


def test_a_file_beyond_its_limit_is_not_fetched():
    huge = Entry(PATH, "aidp.csv", 2**40, is_folder=False)
    words = "it is listed with 1,099,512 MB, and such a file has at most 50 MB"
    assert (too_large(huge), too_large(folder("aidp.csv").files[0])) == (words, "")
