"""What a result folder contains, judged by the names of its files."""

from __future__ import annotations

from neuroflow.models import RESULT_FILES, ResultFolder

VALUES_FILE = "aidp.csv"
_TEXTS = (".txt", ".pdf", ".html")
_FAILURE_WORDS = ("fail", "error")


def is_failure(folder: ResultFolder, *, is_stable: bool) -> bool:
    """Check whether a folder holds a failure report in place of results.

    A name with ``fail`` or ``error`` is enough. Otherwise a report without values counts once
    the folder is stable: until then the values may still be added.

    Examples
    --------
    >>> from pathlib import PurePosixPath
    >>> from neuroflow.models import Entry
    >>> path = PurePosixPath("output/s_out")
    >>> report = Entry(path / "failure_report.txt", 90, is_folder=False)
    >>> is_failure(ResultFolder("s", path, (report,)), is_stable=False)
    True

    References
    ----------
    Documentation of neuropacs: a study that failed gets a failure report (text and picture) in
    place of a prediction.
    """
    names = [entry.name.lower() for entry in folder.files]
    if VALUES_FILE in names:
        return False
    if any(word in name for name in names for word in _FAILURE_WORDS):
        return True
    return is_stable and any(name.endswith(_TEXTS) for name in names)


def has_region_values(folder: ResultFolder) -> bool:
    """Check whether a folder holds the values of regions."""
    return VALUES_FILE in {entry.name.lower() for entry in folder.files}


def missing_files(folder: ResultFolder) -> str:
    """Return the names of the files that are missing from a result folder.

    Examples
    --------
    >>> from pathlib import PurePosixPath
    >>> missing_files(ResultFolder("s", PurePosixPath("output/s_out")))
    'aidp.csv, prediction.txt, prediction.png'
    """
    names = {entry.name for entry in folder.files}
    return ", ".join(name for name in RESULT_FILES if name not in names)


def ready_message(folder: ResultFolder, *, is_stable: bool) -> str:
    """Describe what is ready to be collected from a folder; empty if nothing is."""
    missing = missing_files(folder)
    if not missing:
        return "results are ready on the server"
    if is_stable and has_region_values(folder):
        return f"results are ready on the server, without {missing}"
    if is_failure(folder, is_stable=is_stable):
        return "a failure report is ready on the server"
    return ""
