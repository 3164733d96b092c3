"""What a result folder contains, judged by the names of its files."""

from __future__ import annotations

from collections.abc import Sequence

from neuroflow.contract import safe_name
from neuroflow.errors import IdError
from neuroflow.io import in_megabytes, max_bytes
from neuroflow.models import RESULT_FILES, Entry, ResultFolder, shortened

VALUES_FILE = "aidp.csv"
MAX_FILES = 1000
"""Files of one result folder; the service delivers three."""
_TEXTS = (".txt", ".pdf", ".html")
_DATA = (".json", ".xml")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".svg")
_LOGS = (".log", ".md5", ".sha256", ".tmp", ".part", ".filepart")
_REPORT_WORDS = ("prediction", "report", "result", "qc")
_NAMED = 5  # files in a sentence
_FAILURE_WORDS = ("fail", "error")


def is_failure(folder: ResultFolder) -> bool:
    """Check whether a name states that a folder holds a failure report in place of results."""
    # Documentation of neuropacs: a study that failed gets a failure report (text and picture) in
    # place of a prediction.
    names = [entry.name.lower() for entry in folder.files]
    if VALUES_FILE in names:
        return False
    return any(word in name for name in names for word in _FAILURE_WORDS)


def has_report(folder: ResultFolder) -> bool:
    """Check whether a folder holds a report; without values, its content states what it is."""
    names = [entry.name.lower() for entry in folder.files]
    return any(
        name.endswith(_TEXTS)
        or (name.endswith(_DATA) and any(word in name for word in _REPORT_WORDS))
        for name in names
    )


def other_results(folder: ResultFolder) -> list[str]:
    """Return the names of result files that are not read: those of another product."""
    reports = (*_TEXTS, *_DATA, *_PICTURES, *_LOGS)
    return [
        entry.name
        for entry in folder.files
        if entry.size > 0
        and entry.name not in RESULT_FILES
        and not entry.name.lower().endswith(reports)
        and entry.name[0] != "."
    ]


def has_results(folder: ResultFolder) -> bool:
    """Check whether a folder holds the results of any product, which prove a whole upload."""
    is_named = any(entry.name == VALUES_FILE for entry in folder.files)
    return is_named or bool(other_results(folder))


def named(names: Sequence[str]) -> str:
    """Return the names of files for a sentence, the first few of them."""
    shown = ", ".join(shortened(name) for name in names[:_NAMED])
    return f"{shown}, ..." if len(names) > _NAMED else shown


def has_region_values(folder: ResultFolder) -> bool:
    """Check whether a folder holds the values of regions."""
    return any(entry.name.lower() == VALUES_FILE and entry.size > 0 for entry in folder.files)


def missing_files(folder: ResultFolder) -> str:
    """Return the names of the files that are missing from a result folder, or empty."""
    files = {entry.name: entry for entry in folder.files}
    missing = []
    for name in RESULT_FILES:
        entry = files.get(name)
        if entry is None:
            missing.append(name)
        elif not entry.size:
            missing.append(f"{name} ({'empty' if entry.is_sized else 'of unknown size'})")
    return ", ".join(missing)


def usable_files(folder: ResultFolder) -> tuple[list[Entry], list[str]]:
    """Return the files whose names every disk can hold, and a sentence for each other one."""
    usable: dict[str, Entry] = {}
    sentences = []
    # Of names that differ in case only, one can be on a disk: that of a result file comes first.
    files = sorted(folder.files, key=lambda entry: entry.name not in RESULT_FILES)
    if len(files) > MAX_FILES:
        sentences.append(
            f"Study {folder.study_id}: {len(files) - MAX_FILES} files beside its results were "
            f"left out: a result folder has at most {MAX_FILES}."
        )
    for entry in files[:MAX_FILES]:
        reason = ""
        try:
            name = safe_name(entry.name)
        except IdError as error:
            reason = error.why[:1].lower() + error.why[1:].rstrip(".")
        else:
            other = usable.setdefault(name.casefold(), entry)
            if other is not entry:
                reason = f"it differs from {other.name} in case only"
            elif reason := too_large(entry):
                del usable[name.casefold()]
        if reason:
            sentences.append(
                f"Study {folder.study_id}: the file {_shown(entry.name)} beside its results was "
                f"left out: {reason}."
            )
    return sorted(usable.values(), key=lambda entry: entry.name), sentences


def too_large(entry: Entry) -> str:
    """Return why a file is not fetched because of its size; empty if it may be."""
    if not entry.is_sized:
        return "the server does not report its size"
    most = max_bytes(entry.name)
    if entry.size <= most:
        return ""
    return (
        f"it is listed with {in_megabytes(entry.size)}, and such a file has at most "
        f"{in_megabytes(most)}"
    )


def _shown(name: str) -> str:
    """Return a name in quotation marks, what no screen should show as escapes, shortened."""
    return shortened(ascii(name))


def ready_message(folder: ResultFolder, *, is_stable: bool) -> str:
    """Describe what is ready to be collected from a folder; empty if nothing is."""
    missing = missing_files(folder)
    if not missing:
        return "results are ready on the server"
    if is_stable and has_region_values(folder):
        return f"results are ready on the server, without {missing}"
    if is_failure(folder):
        return "a failure report is ready on the server"
    if is_stable and (others := other_results(folder)):
        return f"results of a product that is not read are ready on the server: {named(others)}"
    if is_stable and has_report(folder):
        return "a report without values is ready on the server"
    return ""
