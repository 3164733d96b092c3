"""The same computation with the suspect values kept, as columns beside the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.matrix import REGION_KEY, Cells, ExcludeSuspect


def add_sensitivity(
    result: pd.DataFrame,
    cells: Cells,
    compute: Callable[..., pd.DataFrame],
    given: Mapping[str, Any],
    names: Sequence[str],
) -> None:
    """Add `names` with the ending ``_all``, computed with the values of exactly 0 or 1."""
    exclude: ExcludeSuspect = given["exclude_suspect"]
    if exclude is not True or cells.suspect is None:
        return
    if "region" in result:
        counts = cells.columns[[*REGION_KEY]].assign(n=cells.suspect)
        index = pd.MultiIndex.from_frame(counts.drop(columns="n"))
        wanted = pd.MultiIndex.from_frame(result[[*REGION_KEY]].astype(object))
        # What was left out in each region.
        result["n_suspect"] = counts["n"].to_numpy()[index.get_indexer(wanted)]
    # Impossible values stay out.
    kept = compute(**{**given, "exclude_suspect": "impossible"})
    for name in names:
        values = kept[name].to_numpy(dtype=np.float64)
        result[f"{name}_all"] = values
