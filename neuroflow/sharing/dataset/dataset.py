"""The cohort table as a BIDS dataset: participants, sessions, phenotype, derivatives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroflow._version import __version__
from neuroflow.errors import FolderError, TableError
from neuroflow.io import atomic_write, without_prefix
from neuroflow.results import save_cohort_table, to_wide, write_tsv
from neuroflow.sharing.dataset.crate import write_crate
from neuroflow.sharing.dataset.dictionary import MEASURE, column_dictionary, region_dictionary

_BIDS_VERSION = "1.10.0"
_OF_PERSON = ("group", "sex", "site", "age")
_OF_VISIT = ("age", "site")
_IGNORED = "ro-crate-metadata.json\n"


def export_bids(table: pd.DataFrame, folder: str | Path, *, title: str = "") -> Path:
    """Write a cohort table as a BIDS dataset.

    Parameters
    ----------
    table
        The cohort table; every study needs a participant.
    folder
        An empty or new folder.
    title
        The name of the dataset.

    Returns
    -------
    Path
        The folder: ``participants.tsv``, the sessions of each participant, all regions in
        ``phenotype/neuropacs.tsv`` (one file per visit, where there are several) with a dictionary
        of its columns, the cohort table in
        ``derivatives/neuroflow``, and, where the extra `crate` is installed, an RO-Crate with the
        SHA-256 of every file. It holds no id of a study and no path.

    Raises
    ------
    TableError
        A study has no participant, a participant has two studies in a visit, or two participants
        have the same label in BIDS.
    FolderError
        The folder is not empty, or cannot be written.

    References
    ----------
    BIDS specification 1.10, *Phenotypic and assessment data*. RO-Crate 1.1.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({
    ...     "study_id": ["a", "b"], "participant_id": ["01", "02"], "region": "pSN",
    ...     "hemisphere": "bilateral", "metric": "FW", "value": [0.2, 0.3]})
    >>> folder = export_bids(table, Path(tempfile.mkdtemp()) / "dataset")
    >>> print((folder / "phenotype" / "neuropacs.tsv").read_text("utf-8").rstrip())
    participant_id	pSN_FW
    sub-01	0.2
    sub-02	0.3
    """
    root = Path(folder)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise FolderError(f"{root} is not an empty folder.", advice="Name a new folder.")
    labelled = _with_labels(table)
    studies = labelled.drop_duplicates("study_id")
    visit = [name for name in ("participant_id", "session_id") if name in labelled]
    if studies.duplicated(visit).any():
        raise TableError(
            "A participant has two studies in one visit.",
            advice="Exclude one, or add a session_id to each visit in participants.tsv.",
        )
    _write_json(root / "dataset_description.json", _description(title, "raw"))
    _write_text(root / "README.md", _README)
    _write_text(root / ".bidsignore", _IGNORED)
    _write_participants(root, studies)
    _write_sessions(root, studies)
    _write_phenotype(root, labelled)
    derived = root / "derivatives" / "neuroflow"
    made_by = [{"Name": "neuroflow", "Version": __version__}]
    _write_json(
        derived / "dataset_description.json",
        _description(title, "derivative")
        | {"GeneratedBy": made_by, "SourceDatasets": [{"URL": "../.."}]},
    )
    cohort = labelled.assign(study_id=_numbers(labelled["study_id"]))
    save_cohort_table(cohort, derived / "cohort_table.tsv", bids_labels=True)
    write_crate(root, title or _TITLE, table.attrs.get("service", []))
    return root


_TITLE = "Regional diffusion MRI values"
_README = (
    "# Regional diffusion MRI values\n\n"
    "`phenotype/neuropacs.tsv` holds one row per study and one column per brain region and metric, "
    "as computed by the neuropacs service; `phenotype/neuropacs.json` describes every column.\n"
    "`derivatives/neuroflow/cohort_table.tsv` holds the same values, one per row. "
    "The images are not part of this dataset.\n"
)


def _with_labels(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with labels that BIDS allows: letters and digits."""
    if "participant_id" not in table or table["participant_id"].isna().any():
        raise TableError(
            "A study has no participant.",
            advice="Add participants.tsv, or exclude studies without a participant_id.",
        )
    labelled = table.copy(deep=False)
    for name, prefix in (("participant_id", "sub-"), ("session_id", "ses-")):
        if name not in table or table[name].isna().all():
            labelled = labelled.drop(columns=name, errors="ignore")
            continue
        plain = table[name].astype(object).fillna("1").map(str)
        new = {label: prefix + _bids_label(label) for label in plain.unique()}
        if len(set(new.values())) < len(new):
            raise TableError(
                f"Two labels of {name} are the same in BIDS, which allows letters and digits only.",
                advice="Rename one of them.",
            )
        labelled[name] = plain.map(new)
    return labelled


def _bids_label(label: str) -> str:
    """Return a label without what BIDS does not allow.

    >>> _bids_label("sub-HC_001")
    'HC001'
    """
    plain = without_prefix(label) or ""
    return "".join(c for c in plain if c.isascii() and c.isalnum()) or "x"


def _numbers(study_ids: pd.Series) -> pd.Series:
    codes, _ = pd.factorize(study_ids)
    return pd.Series([f"study{code + 1:04d}" for code in codes], index=study_ids.index)


def _write_participants(root: Path, studies: pd.DataFrame) -> None:
    names = ["participant_id", *(name for name in _OF_PERSON if name in studies)]
    people = studies.drop_duplicates("participant_id")[names].copy()
    if "sex" in people:
        people["sex"] = people["sex"].astype(object)
    _write_tsv(root / "participants.tsv", people)
    _write_json(root / "participants.json", column_dictionary(people))


def _write_sessions(root: Path, studies: pd.DataFrame) -> None:
    """Write a table of visits for each participant, which also makes the participant's folder."""
    sessions = studies.assign(session_id=studies.get("session_id", "ses-1"))
    names = ["session_id", *(name for name in _OF_VISIT if name in studies)]
    for label, rows in sessions.groupby("participant_id", observed=True, sort=False):
        place = root / str(label) / f"{label}_sessions.tsv"
        _write_tsv(place, rows.drop_duplicates("session_id")[names])
    _write_json(root / "sessions.json", column_dictionary(sessions[names]))


def _write_phenotype(root: Path, labelled: pd.DataFrame) -> None:
    """Write one table; one per visit where a participant has several, since rows are people."""
    wide = to_wide(labelled, metric=None)
    ids = [name for name in ("participant_id", "session_id") if name in labelled]
    who = labelled.drop_duplicates("study_id").set_index("study_id")[ids]
    who.index = who.index.astype(str)
    values = who.join(wide)
    described = MEASURE | column_dictionary(values[ids]) | region_dictionary(labelled)
    parts = {"": values}
    if values["participant_id"].duplicated().any():
        parts = {f"_{label}": rows for label, rows in values.groupby("session_id", sort=False)}
    for end, rows in parts.items():
        _write_tsv(root / "phenotype" / f"neuropacs{end}.tsv", rows)
        _write_json(root / "phenotype" / f"neuropacs{end}.json", described)


def _description(title: str, kind: str) -> dict[str, Any]:
    return {"Name": title or _TITLE, "BIDSVersion": _BIDS_VERSION, "DatasetType": kind}


def _write_tsv(path: Path, table: pd.DataFrame) -> None:
    with atomic_write(path, error=FolderError, parents=True) as temporary:
        write_tsv(table, temporary)


def _write_json(path: Path, facts: Mapping[str, Any]) -> None:
    _write_text(path, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    with atomic_write(path, error=FolderError, parents=True) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
