"""Who is in the reference group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.stats import Covariate, describe_exclusions, warn_similar_labels
from neuroflow.errors import CompareError, Wording
from neuroflow.matrix import BoolArray, choose_visits, group_order, labels, resolve_reference


def reference_text(facts: Mapping[Any, Any], *more: str) -> str:
    """Return the reference of z-scores with its size, and what else is known of it.

    >>> reference_text({"reference": "Control", "n_reference": 12}, "adjusted for age")
    'Control (n = 12, adjusted for age)'
    """
    n = facts["n_reference"]
    size = f"n {n}" if isinstance(n, str) else f"n = {n}"
    return f"{facts['reference']} ({', '.join([size, *filter(None, more)])})"


def named_reference(studies: pd.DataFrame, by: str, reference: str) -> str:
    """Return the label of the reference group; refuse "auto" where there are no controls."""
    present = group_order(labels(studies[by]).dropna())
    warn_similar_labels(by, present)
    found = resolve_reference(reference, present)
    if found is None:
        listed = f"Its groups are {', '.join(present)}." if present else "It has no values."
        raise CompareError(
            f"The column {by!r} has no group that is known as controls.",
            why=listed,
            advice=Wording(
                "Name the reference group with reference=..., or use all studies with "
                "reference=None.",
                cli="Name the reference group with --reference, or use all studies with "
                "--reference none.",
                form="Choose the reference group.",
            ),
            about="reference",
        )
    return found


def reference_members(
    studies: pd.DataFrame, by: str, reference: str | None, covariates: Sequence[Covariate]
) -> BoolArray:
    """Return the first visits of the reference group with all covariates."""
    chosen = np.ones(len(studies), dtype=bool)
    if reference is not None:
        chosen = (labels(studies[by]) == reference).to_numpy(dtype=bool)
    for item in covariates:
        chosen = chosen & item.known
    first = choose_visits(studies[chosen].reset_index(drop=True), "first")
    member = chosen.copy()
    member[np.flatnonzero(chosen)[~first]] = False
    return member


def who_is_missing(
    studies: pd.DataFrame, by: str, reference: str | None, covariates: Sequence[Covariate]
) -> str:
    """Return which studies of the reference lack which covariate."""
    mine = np.ones(len(studies), dtype=bool)
    if reference is not None:
        mine = (labels(studies[by]) == reference).to_numpy(dtype=bool)
    ids = studies["study_id"].astype(str)
    return describe_exclusions(
        [
            {"reason": f"no {item.name}", "study_ids": ids[mine & ~item.known].tolist()}
            for item in covariates
        ]
    )
