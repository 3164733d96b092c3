"""Numbers of a report or table for a paper, computed again from the workspace."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroflow.compare import paper_table, save_paper_table, study_marks, table_one
from neuroflow.errors import OptionError, ResultWarning
from neuroflow.io import scratch_folder
from neuroflow.sharing.project_report import render
from neuroflow.sharing.verification.keyed import read_keyed
from neuroflow.workspace import Workspace

_TABLES: dict[str, Callable[..., pd.DataFrame]] = {
    "paper_table": paper_table,
    "table_one": table_one,
}
_ABSENT = "absent"


def verify(file: str | Path, source: Workspace | pd.DataFrame) -> pd.DataFrame:
    """Compute a report or a table for a paper again, and return what differs.

    Parameters
    ----------
    file
        A file that `report` wrote, or `save_paper_table` from `paper_table` or `table_one`.
    source
        The workspace; for a table also the cohort table it was computed from.

    Returns
    -------
    DataFrame
        One row per text that differs: `key`, `written` (in the file) and `computed` (now); no
        row where the file is as it would be written now. Pictures are compared by their SHA-256.
        ``.attrs["n_compared"]`` is the number of texts compared, ``.attrs["made_with"]`` the
        version of neuroflow that wrote the file.

    Raises
    ------
    OptionError
        The file does not state how it was computed, is of another project, or is a report and needs
        a workspace.
    FolderError
        The file cannot be read.

    See Also
    --------
    report : One page about a project.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3, "hemisphere": "",
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.40, 0.50, 0.55, 0.60]})
    >>> file = save_paper_table(paper_table(table), Path(tempfile.mkdtemp()) / "table.md")
    >>> len(verify(file, table))
    0
    >>> _ = file.write_text(file.read_text("utf-8").replace("0.350", "0.250"), "utf-8")
    >>> verify(file, table).values.tolist()
    [['SCP / Control', '0.250 ± 0.029', '0.350 ± 0.029']]
    """
    file = Path(file)
    written = read_keyed(file)
    place = source.folder if isinstance(source, Workspace) else None
    with scratch_folder(place) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResultWarning)  # they were reported when it was written
        again = _make(written.recipe, source, folder / f"again{file.suffix.lower()}")
        computed = read_keyed(again)
    keys = dict.fromkeys([*written.texts, *computed.texts])
    rows = [
        (key, written.texts.get(key, _ABSENT), computed.texts.get(key, _ABSENT))
        for key in keys
        if written.texts.get(key) != computed.texts.get(key)
    ]
    differing = pd.DataFrame(rows, columns=["key", "written", "computed"])
    if rows and _is_of_others(written.recipe, source):
        raise OptionError(
            f"{file.name} is of another project.",
            why="None of its studies is among those it was checked against.",
            advice="Name the workspace, or the cohort table, that it was made from.",
        )
    differing.attrs["n_compared"] = len(keys)
    differing.attrs["made_with"] = str(written.recipe.get("neuroflow", ""))
    return differing


def _is_of_others(recipe: Mapping[str, Any], source: Workspace | pd.DataFrame) -> bool:
    """Return whether a file has no study in common with its source, as far as its marks show."""
    salt, *theirs = recipe.get("studies") or [""]
    if not theirs:
        return False
    table = source.table() if isinstance(source, Workspace) else source
    return set(theirs).isdisjoint(study_marks(table, salt))


def _make(recipe: Mapping[str, Any], source: Workspace | pd.DataFrame, file: Path) -> Path:
    """Write a file again by its recipe."""
    kind, options = recipe["made_by"], dict(recipe.get("options") or {})
    try:
        if kind == "report":
            if not isinstance(source, Workspace):
                raise OptionError("A report is computed from a workspace.")
            file.write_text(render(source, options), encoding="utf-8")
            return file
        if kind in _TABLES:
            table = source.table() if isinstance(source, Workspace) else source
            made = _TABLES[kind](table, **options)
            return save_paper_table(made, file, title=str(recipe.get("title", "")))
    except TypeError as error:  # options that no function has: written by another version
        raise OptionError(
            "The file was computed in a way that this version does not know.",
            why=f"It was written by neuroflow {recipe.get('neuroflow', '')}; {error}.",
        ) from error
    raise OptionError(f"{str(kind)!r} cannot be computed again.")
