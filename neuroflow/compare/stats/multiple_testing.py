"""Many tests at once: p values corrected within a family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

from neuroflow.errors import OptionError
from neuroflow.matrix import (
    REGION_KEY,
    BoolArray,
    FloatArray,
    IntArray,
    as_list,
    check_choice,
    combine_codes,
)

Correction = Literal["bh", "holm", "bonferroni", "none"]

CORRECTION_NAMES = {
    "bh": "Benjamini-Hochberg false discovery rate",
    "holm": "Holm",
    "bonferroni": "Bonferroni",
    "none": "no correction",
    "maxt": "max-T by permutation",
}
_FAMILY_COLUMNS = {
    "metric": ("metric",),
    "contrast": ("contrast",),
    "region": REGION_KEY,
}


def correct(p: FloatArray, method: Correction = "bh") -> FloatArray:
    """Correct one family of p values.

    Benjamini Y, Hochberg Y (1995), J R Stat Soc B 57:289-300; Holm S (1979), Scand J Stat 6:65-70.
    """
    check_choice("correction", method, get_args(Correction))
    values = np.asarray(p, dtype=np.float64)
    tested = np.isfinite(values)
    corrected = values.copy()
    if method == "none" or not tested.any():
        return corrected
    family = values[tested]
    n = len(family)
    order = np.argsort(family, kind="stable")
    if method == "bh":
        order = order[::-1]
        steps = np.minimum.accumulate(family[order] * (n / np.arange(n, 0, -1)))
    elif method == "holm":
        steps = np.maximum.accumulate(family[order] * np.arange(n, 0, -1))
    else:
        steps = family[order] * n
    family[order] = np.minimum(steps, 1)
    corrected[tested] = family
    return corrected


def correct_families(
    effects: pd.DataFrame,
    method: Correction,
    family: str | Sequence[str],
    apart: BoolArray | None = None,
) -> FloatArray:
    """Correct the column `p` of a table within families of its rows."""
    return correct_within(
        effects["p"].to_numpy(dtype=np.float64), method, family_codes(effects, family, apart)
    )


def correct_within(p: FloatArray, method: str, code: IntArray) -> FloatArray:
    """Correct p values within families of the same code."""
    corrected = np.full(len(p), np.nan)
    for one in np.flatnonzero(np.bincount(code)):  # quicker than np.unique
        corrected[code == one] = correct(p[code == one], cast(Correction, method))
    return corrected


def family_codes(
    effects: pd.DataFrame, family: str | Sequence[str], apart: BoolArray | None = None
) -> IntArray:
    """Return a code per row, the same for the rows that are corrected together."""
    names = as_list("family", family)
    known = {"all": (), **_FAMILY_COLUMNS}
    if unknown := [name for name in names if name not in known]:
        raise OptionError(
            f"There is no family {', '.join(map(repr, unknown))}.",
            advice=f"Choose from {', '.join(known)}.",
        )
    keys = [effects[key] for key in dict.fromkeys(key for name in names for key in known[name])]
    code = np.zeros(len(effects), dtype=np.intp) if apart is None else apart.astype(np.intp)
    if keys:
        code += 2 * combine_codes(keys)
    return code
