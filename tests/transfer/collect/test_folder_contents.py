"""What is taken of the files that a result folder lists."""

from pathlib import PurePosixPath

import pytest

from neuroflow.models import Entry, ResultFolder
from neuroflow.transfer.collect.batch import make_batches
from neuroflow.transfer.collect.folder_contents import (
    has_results,
    is_failure,
    named,
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


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["aidp.csv"], True), (["aidd.csv"], True), (["a.txt", ".x", "b.png", "c.log"], False)],
)
def test_results_of_any_product_prove_an_upload(names, expected):
    assert has_results(folder(*names)) is expected


@pytest.mark.parametrize(("count", "shown"), [(5, "a0, a1, a2, a3, a4"), (6, "a4, ...")])
def test_a_sentence_names_the_first_five_files(count, shown):
    assert named([f"a{n}" for n in range(count)]).endswith(shown)


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


@pytest.mark.parametrize(
    ("count", "connections", "sizes"),
    [(65, 1, [32, 32, 1]), (10, 4, [3, 3, 3, 1]), (2, 0, [2]), (0, 4, [])],
)
def test_folders_are_divided_evenly_among_connections(count, connections, sizes):
    batches = make_batches([folder()] * count, connections)
    assert [len(batch.folders) for batch in batches] == sizes
