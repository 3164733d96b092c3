"""The group that every study or every other group is held against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuroflow.errors import ResultWarning
from neuroflow.events import warn_user
from neuroflow.matrix import (
    group_order,
    is_control,
    labels,
    participants,
    require,
    resolve_reference,
)

LEAST = 3
"""How many participants a reference group needs at least."""


def controls_of(table: pd.DataFrame, by: str = "group") -> str | None:
    """Return the label of the control group, if it has enough participants for a reference."""
    if by != "group":  # which a table may do without
        require(table, (by,))
    if by not in table or "study_id" not in table:
        return None
    studies = table.drop_duplicates("study_id")
    groups = labels(studies[by])
    who = participants(studies)
    for name in group_order(name for name in groups if name is not None):
        if is_control(name) and len(np.unique(who[groups == name])) >= LEAST:
            return name
    return None


def reference_or_all(table: pd.DataFrame, reference: str | None, by: str = "group") -> str | None:
    """Return the reference group of a figure; without controls warn and return None for all."""
    if reference != "auto":
        present = group_order(labels(table[by]).dropna()) if by in table else []
        return resolve_reference(reference, present) if present else reference
    controls = controls_of(table, by)
    names = group_order(labels(table[by]).dropna()) if by in table else []
    if controls is None and names:
        warn_user(
            f"The column {by!r} has no group of at least {LEAST} controls, so all studies are the "
            f"reference. Choose a reference group if one fits: {', '.join(names)}.",
            ResultWarning,
        )
    return controls
