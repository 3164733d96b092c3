"""The results of a cohort as one zip: its size first, then made in the background."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as StopEvent

from neuroflow.contract import RESULT_SUFFIX
from neuroflow.errors import FolderError
from neuroflow.io import PRIVATE, atomic_write, make_private_folder
from neuroflow.models import Event, OnEvent
from neuroflow.widgets.browser import DownloadButton
from neuroflow.widgets.common import WRAP_ROW, bind, button, field, html, private, set_options
from neuroflow.widgets.results.model import ResultsModel
from neuroflow.wording import counted
from neuroflow.workspace import EXPORTS

ALL = ""
LARGEST = 2_000_000_000
"""Bytes of a zip that a page takes; a larger one is in the folder only."""
PRIVACY = (
    "The folders are named by study ids, which are the same in every project of the account: hand "
    "the zip on only where the results may go."
)


def bundle_panel(model: ResultsModel) -> private.VBox:
    """Draw the download of everything collected; it counts what there is."""
    choice = field(private.Dropdown, "Cohort", "The cohort whose results are zipped")
    words = private.HTML()
    saved = private.HTML()
    row = private.HBox([choice], layout=WRAP_ROW)
    n_folders = 0

    def start() -> None:
        folders, target = _folders(model, choice.value), _target(model, choice.value)
        saved.value = ""
        row.children = (choice, make)

        def work(on_event: OnEvent, stop: StopEvent) -> Path | None:
            return write_zip(folders, target, on_event, stop)

        model.run("Making the zip", work, show, can_stop=True)

    def show(made: Path | None) -> None:
        if made is None:
            model.set(notice="Stopped: no zip was made.", tone="warn")
            return
        if made.stat().st_size <= LARGEST:
            take = DownloadButton(label="Download the zip", tooltip="Save the zip on this computer")
            take.path = made
            row.children = (choice, make, take)
        saved.value = f'<p role="status">{html.badge("good", f"Saved: {made}")}</p>'

    def update() -> None:
        here = sorted({str(name) for name in model.status["cohort"] if name})
        options = [("all cohorts", ALL), *((name, name) for name in here)]
        is_counted = list(choice.options) != options  # another choice of cohorts is counted below
        set_options(choice, options, choice.value if choice.value in here else ALL)
        if not is_counted:
            count()

    def count() -> None:
        nonlocal n_folders
        if choice.value is None:  # while the menu is filled
            return
        folders = _folders(model, choice.value)
        n_folders = len(folders)
        size = sum(path.stat().st_size for folder in folders for path in _files(folder))
        found = counted(n_folders, "result folder", "result folders")
        words.value = f"<p>{html.text(f'{found}, {size / 1e6:,.1f} MB. {PRIVACY}')}</p>"
        fit()

    def fit() -> None:
        make.disabled = model.busy or not n_folders

    make = button(model, "Make the zip", "Zip the result folders, in the folder exports", start)
    choice.observe(lambda _: model.run_safely(count), names="value")
    bind(model, ["status"], update)
    bind(model, ["busy"], fit)
    row.children = (choice, make)
    head = private.HTML('<p class="nf-head">All results as one zip</p>')
    return private.VBox([head, words, row, saved])


def _folders(model: ResultsModel, cohort: str) -> list[Path]:
    """Return the result folders of a cohort, or of everything that was collected."""
    folder = model.ws.results_folder
    if cohort == ALL:
        return sorted(path for path in folder.glob(f"*{RESULT_SUFFIX}") if path.is_dir())
    ids = (model.ids[n] for n, name in enumerate(model.status["cohort"]) if name == cohort)
    found = (folder / f"{study_id}{RESULT_SUFFIX}" for study_id in ids)
    return sorted(path for path in found if path.is_dir())


def _target(model: ResultsModel, cohort: str) -> Path:
    name = f"results_{cohort}.zip" if cohort else "results.zip"
    return model.ws.folder / EXPORTS / name


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


class _StoppedError(Exception):
    """Leaves the block that would keep the file."""


def write_zip(
    folders: Sequence[Path], target: Path, on_event: OnEvent, stop: StopEvent
) -> Path | None:
    """Zip folders; None, and no file, where it was stopped."""
    try:
        make_private_folder(target.parent)
        with (
            atomic_write(target, mode=PRIVATE, error=FolderError) as temporary,
            # Pictures and images are packed already.
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        ):
            _fill(made, folders, on_event, stop)
    except _StoppedError:
        return None
    return target


def _fill(
    made: zipfile.ZipFile, folders: Sequence[Path], on_event: OnEvent, stop: StopEvent
) -> None:
    for number, folder in enumerate(folders, 1):
        if stop.is_set():
            raise _StoppedError
        for path in _files(folder):
            made.write(path, path.relative_to(folder.parent).as_posix())
        on_event(Event("zip", None, number, len(folders), "progress", "", datetime.now(UTC)))
