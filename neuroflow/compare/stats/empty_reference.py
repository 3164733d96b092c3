"""A reference group of which nobody is left: who was left out, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.compare.stats.sample import Sample, choose_groups
from neuroflow.errors import CompareError, OptionError, ResultWarning
from neuroflow.events import warn_user
from neuroflow.matrix import coded, group_order, labels, resolve_reference

_NAMED = 10  # ids in a sentence


def refuse_empty_reference(
    studies: pd.DataFrame,
    by: str,
    reference: str | None,
    sample: Sample,
    earlier: Sequence[Mapping[str, Any]] = (),
    *,
    groups: str | Sequence[str] | None = None,
    planned: str | Sequence[str] | None = None,
) -> None:
    """Refuse a reference group without anybody left; warn where it was not asked for by name."""
    if planned is not None:  # contrasts that name their groups
        return
    present = group_order(coded(studies[by])[1])
    found = resolve_reference(reference, present)
    chosen = present if groups is None else choose_groups(groups, present)
    if found is not None and found not in chosen:
        if reference == "auto":
            return
        raise OptionError(
            f"The reference group {found} is not among the groups to compare.",
            advice="Add it to groups, or choose another reference.",
            about="reference",
        )
    if found is None or found in {sample.names[code] for code in np.unique(sample.group)}:
        return
    mine = studies.loc[(labels(studies[by]) == found).to_numpy(dtype=bool), "study_id"].astype(str)
    what = f"Nobody of the reference group {found} is left to compare with."
    why = describe_exclusions([*earlier, *sample.exclusions], set(mine))
    if reference == "auto":
        warn_user(f"{what} {why}", ResultWarning)
        return
    raise CompareError(
        what,
        why=why,
        advice="Complete participants.tsv, or choose another reference group.",
        about="reference",
    )


def describe_exclusions(
    exclusions: Sequence[Mapping[str, Any]], among: Collection[str] | None = None
) -> str:
    """Return who was excluded and why, with their ids.

    >>> describe_exclusions([{"reason": "no age", "n": 2, "study_ids": ["a", "b"]}])
    'Excluded: no age: a, b.'
    """
    parts = []
    for each in exclusions:
        ids = [name for name in each["study_ids"] if among is None or name in among]
        if ids:
            more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
            parts.append(f"{each['reason']}: {', '.join(ids[:_NAMED])}{more}")
    return f"Excluded: {'; '.join(parts)}." if parts else ""
