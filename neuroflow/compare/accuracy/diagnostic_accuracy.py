"""How well regions, scores or predictions separate two groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuroflow.compare.accuracy.cutoff import classify, classify_by_youden, youden
from neuroflow.compare.accuracy.labelled import (
    Direction,
    Labelled,
    read_labelled,
)
from neuroflow.compare.accuracy.proportions import rates
from neuroflow.compare.accuracy.roc import area_inference, roc_area
from neuroflow.compare.stats import Correction, correct_families
from neuroflow.errors import OptionError, TableError, Wording
from neuroflow.matrix import (
    ExcludeSuspect,
    FloatArray,
    Labels,
    as_list,
    check_choice,
    check_number,
    coded,
    labels,
)

Missing = Literal["exclude", "wrong"]
LEAST = 2
"""Studies that each side needs at least for an interval."""
_MAX_STRATA = 20
_COUNTS = (
    *("n_positive", "n_negative", "missing_positive", "missing_negative"),
    *("tp", "fn", "fp", "tn"),
)


def diagnostic_accuracy(
    table: pd.DataFrame,
    score: str | Sequence[str] | None = None,
    *,
    truth: str = "group",
    positive: Labels | None = None,
    reference: Labels | None = "auto",
    metric: str | Sequence[str] | None = None,
    direction: Direction = "higher",
    cutoff: float | Literal["youden"] | None = "youden",
    folds: int = 10,
    seed: int = 0,
    missing: Missing = "exclude",
    expected: pd.DataFrame | None = None,
    strata: str | None = None,
    visit: str | None = None,
    correction: Correction = "bh",
    family: str | Sequence[str] = "metric",
    confidence: float = 0.95,
    exclude_suspect: ExcludeSuspect = None,
) -> pd.DataFrame:
    """Compute how well each region or score separates positive from negative studies.

    Parameters
    ----------
    table
        The cohort table: one row per study, region, hemisphere and metric.
    score
        A column of numbers or several, one value per study, such as a probability of the
        service; None for every region.
    truth
        The column that holds the true diagnosis.
    positive
        The labels of `truth` to detect; None for all but `reference`.
    reference
        The labels that are negative: ``"auto"`` for the controls, or else all that are not
        positive; None for all that are not positive.
    metric
        One metric, several, or None for all; without meaning for `score`.
    direction
        ``"higher"`` if higher values point to positive, ``"lower"`` for the opposite. It is not
        chosen from the data, so that an area below 0.5 can be seen.
    cutoff
        A value at or beyond it is classified as positive. ``"youden"`` chooses it anew in each
        round of cross-validation, so that sensitivity and specificity are not optimistic; the
        column `cutoff` shows that of all studies. None for the area only.
    folds
        Rounds of the cross-validation; fewer where a side has fewer studies.
    seed
        Seed of the random folds.
    missing
        ``"exclude"``, or ``"wrong"`` to count studies without a score as misclassified
        (intention to diagnose).
    expected
        All studies that were to be classified: `study_id` or `participant_id`, and `truth`.
        Those that the table lacks count as missing.
    strata
        A column of labels; one row per score and label.
    visit
        The visit of each participant to use: ``"first"``, ``"last"`` or a session id.
    correction, family, confidence
        As for `compare_groups`; scores are one family.
    exclude_suspect
        Whether to leave out impossible values and those of exactly 0 or 1, as in
        `compare_groups`; by default the former are refused.

    Returns
    -------
    DataFrame
        One row per region or score: `n_positive`, `n_negative`, `missing_positive`,
        `missing_negative`, `auc` with `se` (DeLong), `ci_low`, `ci_high`, `p` (of 0.5), `q`,
        `cutoff`, the counts `tp`, `fn`, `fp`, `tn`, and `sensitivity`, `specificity`, `ppv`,
        `npv` (exact intervals), `lr_positive`, `lr_negative`, each with ``_ci_low`` and
        ``_ci_high``; `reason` where something cannot be computed. Shares are between 0 and 1;
        predictive values are those of the share of positive studies in this table.

    Raises
    ------
    CompareError
        A side has no study, or participants have repeated visits and none is chosen.
    OptionError
        An argument is outside its choices.
    TableError
        The table lacks a column.

    See Also
    --------
    compare_auc : Test whether one score is better than another.
    calibration : Whether predicted probabilities agree with observed frequencies.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988), Biometrics 44:837-845.
    Clopper CJ, Pearson ES (1934), Biometrika 26:404-413.
    Simel DL, Samsa GP, Matchar DB (1991), J Clin Epidemiol 44:763-770.
    Schuetz GM et al. (2012), BMJ 345:e6717 (missing answers, intention to diagnose).

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "study_id": list("abcdef"), "group": ["Control"] * 3 + ["PSP"] * 3,
    ...     "region": "SCP", "metric": "FW", "value": [0.30, 0.35, 0.45, 0.40, 0.55, 0.60]})
    >>> found = diagnostic_accuracy(table, positive="PSP", cutoff=0.5)
    >>> found[["region", "auc", "sensitivity", "specificity"]].round(3).to_dict("records")
    [{'region': 'SCP', 'auc': 0.889, 'sensitivity': 0.667, 'specificity': 1.0}]
    """
    check_number("confidence", confidence, below=1)
    check_choice("missing", missing, ("exclude", "wrong"))
    _check_cutoff(cutoff, folds)
    whole = read_labelled(
        table,
        truth=truth,
        positive=positive,
        reference=reference,
        score=score,
        metric=metric,
        direction=direction,
        visit=visit,
        exclude_suspect=exclude_suspect,
        strata=strata,
    )
    absent = _absent(expected, table, whole) if expected is not None else (0, 0)
    if absent != (0, 0) and strata is not None:
        raise OptionError(
            "Studies that are missing from the table have no stratum.",
            advice="Use either expected or strata.",
        )
    sign = 1.0 if direction == "higher" else -1.0
    rules = _Rules(sign, cutoff, folds, seed, missing == "wrong", confidence)
    if strata is None:
        result = rules.apply(whole, absent)
    else:
        parts = {label: rules.apply(part, (0, 0)) for label, part in _strata(whole, strata)}
        result = pd.concat(parts, names=["stratum"]).reset_index("stratum").reset_index(drop=True)
    by_score = score is not None
    q = correct_families(result, correction, "all" if by_score else family)
    result.insert(list(result.columns).index("p") + 1, "q", q)
    result.attrs |= whole.facts | {
        "accuracy": "score" if by_score else "region",
        "cutoff": cutoff if cutoff is not None else "",
        "folds": folds,
        "seed": seed,
        "missing": missing,
        "n_absent": sum(absent),
        "strata": strata or "",
        "correction": correction,
        "family": ["all"] if by_score else as_list("family", family),
        "confidence": float(confidence),
    }
    return result


def _check_cutoff(cutoff: float | str | None, folds: int) -> None:
    is_number = (
        isinstance(cutoff, Real) and not isinstance(cutoff, bool) and bool(np.isfinite(cutoff))
    )
    if not (cutoff is None or cutoff == "youden" or is_number):
        raise OptionError(
            f"cutoff must be a number, not {cutoff!r}.",
            advice=Wording(
                'Choose a number, "youden", or None for the area only.',
                cli="Choose a number, youden, or none for the area only.",
                form="Choose a number, Youden's index, or the area only.",
            ),
        )
    if folds < 2:
        raise OptionError(f"folds is {folds}.", advice="Choose 2 or more.")


@dataclass(frozen=True, slots=True)
class _Rules:
    """How scores become classes, and counts become measures."""

    sign: float  # -1 where lower values are positive
    cutoff: float | str | None
    folds: int
    seed: int
    missing_is_wrong: bool
    confidence: float

    def apply(self, part: Labelled, absent: tuple[int, int]) -> pd.DataFrame:
        """Return one row per score of some studies."""
        sick, well = part.values[part.positive], part.values[~part.positive]
        area = roc_area(sick, well)
        numbers = area_inference(area, self.confidence)
        result = part.columns.copy()
        result["n_positive"], result["n_negative"] = area.n_positive, area.n_negative
        lost = len(sick) - area.n_positive + absent[0], len(well) - area.n_negative + absent[1]
        result["missing_positive"], result["missing_negative"] = lost
        result["auc"], result["se"] = area.auc, area.se
        for name in ("ci_low", "ci_high", "p"):
            result[name] = numbers[name]
        if self.cutoff is not None:
            for name, values in self._classified(part, lost).items():
                result[name] = values
        result = result.astype({name: "Int64" for name in _COUNTS if name in result})
        result["reason"] = [
            ""
            if min(m, n) >= LEAST
            else f"fewer than {LEAST} positive or negative studies ({m:.0f}, {n:.0f})"
            for m, n in zip(area.n_positive, area.n_negative, strict=True)
        ]
        return result

    def _classified(
        self, part: Labelled, lost: tuple[FloatArray, FloatArray]
    ) -> dict[str, FloatArray]:
        if isinstance(self.cutoff, str):
            smaller = int(min(part.positive.sum(), (~part.positive).sum()))
            folds = max(2, min(self.folds, smaller))
            cutoff = youden(part.values, part.positive)
            classes = classify_by_youden(part.values, part.positive, folds, self.seed)
        else:
            cutoff = np.full(part.values.shape[1], self.sign * float(self.cutoff or 0))
            classes = classify(part.values, cutoff)
        sick, well = classes[part.positive], classes[~part.positive]
        tp, fn = (sick == 1).sum(axis=0) * 1.0, (sick == 0).sum(axis=0) * 1.0
        fp, tn = (well == 1).sum(axis=0) * 1.0, (well == 0).sum(axis=0) * 1.0
        if self.missing_is_wrong:
            fn, fp = fn + lost[0], fp + lost[1]
        counts: dict[str, Any] = {"cutoff": self.sign * cutoff, "tp": tp, "fn": fn}
        return counts | {"fp": fp, "tn": tn} | rates(tp, fn, fp, tn, self.confidence)


def _strata(whole: Labelled, name: str) -> list[tuple[str, Labelled]]:
    codes, names = coded(whole.studies[name])
    if len(names) > _MAX_STRATA:
        raise OptionError(
            f"The column {name!r} has {len(names)} different values.",
            why=f"More than {_MAX_STRATA} strata leave too few studies in each.",
            advice=Wording(
                "Use a column of labels; cut numbers into bands with pandas.cut.",
                cli="Use a column of labels; divide numbers into bands in participants.tsv.",
                form="Choose a column of labels; divide numbers into bands in participants.tsv.",
            ),
        )
    if not names:
        raise OptionError(f"The column {name!r} has no values.", advice="Choose another column.")
    return [(label, whole.keep(codes == code)) for code, label in enumerate(names)]


def _absent(expected: pd.DataFrame, table: pd.DataFrame, whole: Labelled) -> tuple[int, int]:
    """Return how many positive and negative studies were expected and are not in the table."""
    truth = whole.facts["truth"]
    key = next((k for k in ("study_id", "participant_id") if k in expected and k in table), None)
    if key is None or truth not in expected:
        raise TableError(
            f"The table of expected studies needs study_id or participant_id, and {truth}.",
            advice="Pass the table of participants, for example.",
        )
    present = set(labels(table[key]).dropna())
    everyone = expected.drop_duplicates(key)
    gone = everyone[~labels(everyone[key]).isin(list(present))]
    found = labels(gone[truth])
    sick, well = (int(found.isin(whole.facts[side]).sum()) for side in ("positive", "negative"))
    return sick, well
