"""What can be taken away from the Explore form: files, methods and code."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets import link

from neuroflow.widgets.browser import CopyButton, DownloadButton
from neuroflow.widgets.common import SHORT, bind, button, field, html, in_row, private
from neuroflow.widgets.explore.model import ExploreModel
from neuroflow.widgets.explore.question import form_entries

if TYPE_CHECKING:
    from neuroflow.widgets.explore.further import FurtherModel

LARGEST = 5_000_000
"""Bytes of a file that the page has in a link; a larger one is asked for piece by piece."""
WIDTHS = (("as shown", 0.0), ("85 mm, a column", 85.0), ("180 mm, a page", 180.0))
"""The widths of an exported figure, in mm."""


def take_away_panel(model: ExploreModel) -> private.VBox:
    """Draw the exports, the methods text and the code."""
    head = private.HTML('<p class="nf-head">Take away</p>')
    return private.VBox(
        [head, _tables(model), _figure(model), saved_files(model), _methods(model), _code(model)]
    )


def _tables(model: ExploreModel) -> private.HBox:
    suffix = field(
        private.Dropdown,
        "Tables as",
        "The type of the files of tables",
        options=[("CSV", ".csv"), ("Excel", ".xlsx")],
        layout=SHORT,
    )
    link((model, "suffix"), (suffix, "value"))
    buttons = [
        button(model, f"Export {what}", f"Save {about} in the folder exports", action)
        for what, about, action in (
            ("cohort table", "all values of all studies", model.export_cohort_table),
            ("predictions", "predictions and biomarkers of all studies", model.export_predictions),
            ("effects", "the effects of this comparison", model.export_effects),
            (
                "paper table",
                "a table for a paper (Word; Excel if tables are Excel files)",
                model.export_paper_table,
            ),
            (
                "report",
                "a page about the whole project: flow, Table 1, quality, comparison, methods, code",
                model.export_report,
            ),
        )
    ]
    return in_row(*buttons, suffix)


def _figure(model: ExploreModel) -> private.HBox:
    main = field(
        private.Dropdown,
        "Figure",
        "The figure to export and to draw with the code",
        options=[(entry.label, view) for view, entry in form_entries().items()],
        layout=SHORT,
    )
    link((model, "main"), (main, "value"))
    width = field(
        private.Dropdown,
        "Width",
        "The width of the exported figure and of the one that the code draws",
        options=WIDTHS,
        layout=SHORT,
    )
    link((model, "width"), (width, "value"))
    export = button(
        model,
        "Export figure",
        "Save as PNG, SVG and PDF with the code, in the workspace's folder exports",
        model.export_figure,
        icon="download",
    )
    return in_row(export, main, width)


def _methods(model: ExploreModel) -> private.VBox:
    shown = private.HTML()
    copy = CopyButton(label="Copy methods", tooltip="Copy the methods text to the clipboard")
    save = button(
        model,
        "Export methods",
        "Save the methods text in the folder exports",
        model.export_methods,
    )

    def update() -> None:
        copy.text = model.methods
        shown.value = (
            '<p class="nf-head">Methods</p>'
            f'<p class="nf-methods" tabindex="0">{html.text(model.methods)}</p>'
        )

    bind(model, ["methods"], update)
    return private.VBox([shown, in_row(copy, save)])


def _code(model: ExploreModel) -> private.VBox:
    shown = private.HTML()
    copy = CopyButton(label="Copy code", tooltip="Copy the Python code to the clipboard")

    def update() -> None:
        copy.text = model.code
        shown.value = (
            '<p class="nf-head">Python code that reproduces these numbers and this figure</p>'
            f'<pre class="nf-code" tabindex="0">{html.text(model.code)}</pre>'
        )

    bind(model, ["code"], update)
    return private.VBox([shown, copy])


def saved_files(model: ExploreModel | FurtherModel) -> private.VBox:
    """Draw where the last export was saved, with links to its files; a button for a large one."""
    status = private.HTML()
    place = private.VBox([status])

    def update() -> None:
        tone = "wait" if model.tone == "wait" else "good"
        line = html.badge(tone, model.notice) if model.notice else ""
        files = model.exported if model.notice else ()
        status.value = f'<div role="status">{line}{download_links(files)}</div>'
        _offer(place, [file for file in files if _size(file) > LARGEST])

    bind(model, ["notice", "exported", "tone"], update)
    return place


def _offer(place: private.VBox, files: list[Path]) -> None:
    """Show a button for each of the files, below what the place shows first."""
    first, *before = place.children
    if [take.path for take in before] == files:
        return
    takes = [
        DownloadButton(label=f"Download {file.name}", tooltip="Save the file on this computer")
        for file in files
    ]
    for take, file in zip(takes, files, strict=True):
        take.path = file
    place.children = (first, *takes)
    for take in before:
        take.close()


def _size(file: Path) -> int:
    """Return the bytes of a file; none if it is gone since."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def download_links(files: Iterable[Path]) -> str:
    """Return links that save files on the user's computer, which may not be the kernel's."""
    links = []
    for file in files:
        try:
            content = file.read_bytes() if file.stat().st_size <= LARGEST else None
        except OSError:
            content = None  # gone since; the message still names it
        if content is not None:
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            data = base64.b64encode(content).decode("ascii")
            name = html.text(file.name)
            links.append(
                f'<a download="{name}" href="data:{kind};base64,{data}">Download {name}</a>'
            )
    return f"<p>{' · '.join(links)}</p>" if links else ""
