"""The service's two steps as one classifier: atypical or not, then PSP or MSA."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuroflow._version import __version__
from neuroflow.compare.accuracy.labelled import probabilities
from neuroflow.compare.accuracy.proportions import exact_interval
from neuroflow.compare.stats import ExclusionLog
from neuroflow.errors import CompareError
from neuroflow.matrix import (
    check_number,
    coded,
    diagnosis,
    labels,
    participants,
    read_cells,
    require,
)

NO_ANSWER = "no answer"
_CLASSES = ("PD", "MSA", "PSP")


def confusion_matrix(
    table: pd.DataFrame,
    *,
    truth: str = "group",
    atypical: str = "p_atypical",
    psp_vs_msap: str = "p_psp_vs_msap",
    cutoff: float = 0.5,
    visit: str | None = None,
    confidence: float = 0.95,
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Count what the service's two steps, taken as one classifier, made of each diagnosis.

    A study whose probability of an atypical syndrome is below the cut-off is classified as PD;
    the others as PSP where the second probability is at or above it, or else as MSA.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    truth
        The column that holds the true diagnosis: PD, MSA (MSAp, MSA-P) and PSP; studies with
        another label are left out and counted.
    atypical, psp_vs_msap
        The columns of the two probabilities, between 0 and 1.
    cutoff
        The cut-off of both steps, between 0 and 1.
    visit
        The visit of each participant to use: ``"first"``, ``"last"`` or a session id.
    confidence
        Level of the intervals, between 0 and 1.
    names
        Which of PD, MSA and PSP a label of `truth` means, where that is not one of the usual
        ones.

    Returns
    -------
    DataFrame
        One row per true diagnosis (`truth`): the numbers of studies classified as ``PD``,
        ``MSA``, ``PSP`` and without an answer, `n`, and `correct`, the share of all `n` that is
        right, with its exact interval (`ci_low`, `ci_high`); the last row, ``all``, is for all
        studies together. Studies without an answer are never counted as right.

    Raises
    ------
    CompareError
        No study has one of the three diagnoses.
    OptionError
        A column does not contain probabilities, or `cutoff` is not between 0 and 1.
    TableError
        The table lacks a column.

    References
    ----------
    Archer DB et al. (2019), Lancet Digit Health 1:e222-e231 (the two steps).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcd"), "group": ["PD", "PD", "MSAp", "PSP"], "region": "SCP",
    ...     "metric": "FW", "value": 0.3, "p_atypical": [0.1, 0.6, 0.9, 0.8],
    ...     "p_psp_vs_msap": [0.5, 0.2, 0.1, 0.9]})
    >>> confusion_matrix(table)[["truth", "PD", "MSA", "PSP", "n"]].values.tolist()
    [['PD', 1, 1, 0, 2], ['MSA', 0, 1, 0, 1], ['PSP', 0, 0, 1, 1], ['all', 1, 2, 1, 4]]
    """
    check_number("confidence", confidence, below=1)
    check_number("cutoff", cutoff, below=1)
    require(table, (truth,))
    meant = {label: (names or {}).get(label, diagnosis(label)) for label in coded(table[truth])[1]}
    known = [label for label, name in meant.items() if name in _CLASSES]
    if not known:
        raise CompareError(
            f"No study has the diagnosis {', '.join(_CLASSES)} in {truth!r}.",
            why=f"Its labels are {', '.join(meant)}.",
            advice="Say which label means which diagnosis with names.",
        )
    needed = list(dict.fromkeys([truth, atypical, psp_vs_msap]))
    cells = read_cells(table, needed=needed, exclude_suspect=False)
    log = ExclusionLog(cells)
    log.exclude(~labels(cells.studies[truth]).isin(known).to_numpy(), f"{truth} is another")
    log.exclude_other_visits(visit)
    studies = log.cells.studies
    first, second = (probabilities(studies, name) for name in (atypical, psp_vs_msap))
    answer = np.where(first < cutoff, "PD", np.where(second >= cutoff, "PSP", "MSA"))
    unknown = np.isnan(first) | ((first >= cutoff) & np.isnan(second))
    answer = np.where(unknown, NO_ANSWER, answer)
    right = labels(studies[truth]).map(meant).to_numpy(dtype=str)
    result = _counted(right, answer, confidence)
    result.attrs |= {
        "accuracy": "two steps",
        "truth": truth,
        "score": [atypical, psp_vs_msap],
        "cutoff": float(cutoff),
        "n_studies": len(studies),
        "n_participants": len(np.unique(participants(studies))),
        "visit": visit or "",
        "exclusions": log.exclusions,
        "confidence": float(confidence),
        "neuroflow": __version__,
    }
    return result


def _counted(
    right: npt.NDArray[np.str_], answer: npt.NDArray[np.str_], confidence: float
) -> pd.DataFrame:
    rows = []
    for name in (*(name for name in _CLASSES if name in right), "all"):
        mine = (right == name) | (name == "all")
        counts = {given: int((answer[mine] == given).sum()) for given in (*_CLASSES, NO_ANSWER)}
        hits = int((answer[mine] == right[mine]).sum())
        rows.append({"truth": name, **counts, "n": int(mine.sum()), "correct": hits})
    result = pd.DataFrame(rows)
    right_ones, n = (result[name].to_numpy(dtype=np.float64) for name in ("correct", "n"))
    result["correct"] = right_ones / n
    result["ci_low"], result["ci_high"] = exact_interval(right_ones, n, confidence)
    return result
