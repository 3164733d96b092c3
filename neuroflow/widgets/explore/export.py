"""Export of figures, tables and methods to the workspace's folder `exports`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroflow.errors import FolderError, ResultWarning, Wording
from neuroflow.escaping import visible
from neuroflow.io import PRIVATE, atomic_write, make_private_folder
from neuroflow.results import save_cohort_table
from neuroflow.widgets.explore.steps import Call, run_steps
from neuroflow.widgets.simulated import SIMULATED, look
from neuroflow.workspace import EXPORTS, Workspace

FORMATS = ("png", "svg", "pdf")


def export_figure(
    folder: Path, call: Call, scope: Mapping[str, Any], code: str, note: str = ""
) -> tuple[list[Path], list[str]]:
    """Write a figure for publication and the code that draws it; also return what was warned of."""
    from neuroflow.plot import save_figure, styled  # matplotlib takes half a second

    with styled(**look(note)), warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", ResultWarning)
        ax = run_steps([call], **scope)["ax"]
        stem = free_stem(folder, _file_name(call))
        files = [*save_figure(ax, stem, FORMATS), _write_text(stem, ".py", code)]
    remarks = dict.fromkeys(Wording.pick(each.message, "form") for each in found)
    return files, list(remarks)


def export_table(folder: Path, table: pd.DataFrame, name: str, suffix: str) -> list[Path]:
    """Write a table as .csv or .xlsx, with a description of its analysis if it has one."""
    stem = free_stem(folder, name)
    return [save_cohort_table(table, stem.with_name(f"{stem.name}{suffix}"))]


def export_paper_table(
    folder: Path, comparison: Call, scope: Mapping[str, Any], suffix: str, note: str = ""
) -> list[Path]:
    """Write the table for a paper that belongs to a comparison, as .docx, .xlsx or .html."""
    from neuroflow.compare import save_paper_table

    call = Call("paper", "paper_table", comparison.table_name, comparison.options)
    paper = run_steps([call], **scope)["paper"]
    if note:
        named = {name: f"{note}. {paper.attrs.get(name, '')}" for name in ("title", "footnote")}
        paper.attrs.update(named)
        paper["Data"] = SIMULATED
    stem = free_stem(folder, f"table_{comparison.options['metric']}")
    return [save_paper_table(paper, stem.with_name(f"{stem.name}{suffix}"))]


def export_report(ws: Workspace, options: Mapping[str, Any], note: str = "") -> list[Path]:
    """Write the page about the whole project."""
    from neuroflow.sharing import report  # with scipy, when needed

    title: dict[str, Any] = {"title": f"{note}: regional diffusion MRI report"} if note else {}
    stem = free_stem(ws.folder, "report")
    return [report(ws, stem.with_name(f"{stem.name}.html"), **options, **title)]


def export_methods(folder: Path, methods: str) -> list[Path]:
    """Write the methods text."""
    return [_write_text(free_stem(folder, "methods"), ".txt", methods)]


def saved_notice(folder: Path, files: Iterable[Path]) -> str:
    """Return where files of a workspace were saved, in a sentence."""
    names = ", ".join(file.relative_to(folder).as_posix() for file in files)
    return f"Saved in {visible(str(folder))}: {names}"


def free_stem(folder: Path, name: str) -> Path:
    """Return a path without suffix that no file uses yet."""
    exports = folder / EXPORTS
    try:
        make_private_folder(exports)
        taken = {path.stem for path in exports.iterdir()}
    except OSError as error:
        raise FolderError(f"{exports} cannot be written.", why=f"{error.strerror}.") from error
    number = 1
    while (stem := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return exports / stem


def _file_name(call: Call) -> str:
    """Name a figure after its view, metric and selection."""
    options = call.options
    chosen = (options.get(name) for name in ("contrast", "study_id", "regions", "region"))
    selected = next(filter(None, chosen), "")
    parts = [call.function.removeprefix("plot."), str(options["metric"])]
    if isinstance(selected, list) and len(selected) > 1:
        selected = f"{len(selected)}_regions"  # a path has an end
    parts += selected if isinstance(selected, list) else [str(selected)]
    parts.append(f"{call.width:g}mm" if call.width else "")
    return "_".join(filter(None, (re.sub(r"[^\w+-]+", "-", part).strip("-") for part in parts)))


def _write_text(stem: Path, ending: str, text: str) -> Path:
    path = stem.with_name(stem.name + ending)
    with atomic_write(path, mode=PRIVATE, error=FolderError) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return path
