"""The findings of a check as a table for the people who acquire and export the scans."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.models import Severity, Study
from neuroflow.studies.protocol.rules import ALL_RULES
from neuroflow.studies.protocol.wording import NOT_CHECKED

COLUMNS = (
    "study",
    "participant_id",
    "session_id",
    "folder",
    "n_files",
    "rule",
    "parameter",
    "severity",
    "measured",
    "accepted",
    "advice",
    "source",
)
"""Of the table that `findings_table` returns."""
_RULES = {rule.id: rule for rule in ALL_RULES}
_NEEDED = ("study", "rule", "severity", "measured", "accepted", "advice")


def findings_table(findings: pd.DataFrame, studies: Iterable[Study]) -> pd.DataFrame:
    """Add folder, rule in words and source to findings, for the people who scan and export.

    Parameters
    ----------
    findings
        What `check` or `Workspace.check` returned.
    studies
        The studies that were checked, for instance those of a cohort.

    Returns
    -------
    pandas.DataFrame
        One row per finding. Columns: study, participant_id, session_id, folder (or archive),
        n_files (in the study), rule, parameter (the rule in words), severity, measured, accepted,
        advice, source (the document that states the rule). It names people and folders: do not
        send it to others as it is.

    Raises
    ------
    OptionError
        `findings` lacks a column of findings.

    See Also
    --------
    neuroflow.save_cohort_table : Writes any table to a file.

    Examples
    --------
    >>> import neuroflow as nf
    >>> findings_table(nf.check([]), []).columns.tolist()[3:7]
    ['folder', 'n_files', 'rule', 'parameter']
    """
    missing = [name for name in _NEEDED if name not in findings]
    if missing:
        raise OptionError(
            f"The table of findings has no column {missing[0]}.",
            advice="Pass what `check` or `Workspace.check` returned.",
        )
    by_label = {study.label: study for study in studies}
    rows = []
    for found in findings.to_dict("records"):
        study, rule = by_label.get(str(found["study"])), _RULES.get(str(found["rule"]))
        rows.append(
            {
                **found,
                "participant_id": study and study.participant_id,
                "session_id": study and study.session_id,
                "folder": str(_folder(study)) if study else None,
                "n_files": len(study.files) if study else 0,
                "parameter": rule_words(str(found["rule"])),
                "source": rule.source if rule else "neuroflow",
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def rule_words(rule: str) -> str:
    """Return what a rule is about, in words.

    Examples
    --------
    >>> rule_words("echo_time"), rule_words("unmatched")
    ('Echo time', 'Unmatched')
    """
    known = _RULES.get(rule)
    return known.parameter if known else rule.replace("_", " ").capitalize()


def is_unchecked(findings: pd.DataFrame) -> pd.Series[bool]:
    """Return which findings stand for studies that were never checked."""
    return findings["measured"] == NOT_CHECKED


def is_violation(findings: pd.DataFrame) -> pd.Series[bool]:
    """Return which findings are errors; a study that was never checked violates no rule."""
    return (findings["severity"] == Severity.ERROR) & ~is_unchecked(findings)


def _folder(study: Study) -> Path:
    """Return the folder that holds all files of a study; the archive of one that is packed."""
    folders = {str(file.parent) for file in study.files}
    if study.root.is_file() or not folders:
        return study.root
    return Path(os.path.commonpath(folders))
