"""Which of the norms in a file are of values that vary."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuroflow.compare.stats import ROUNDING
from neuroflow.errors import ResultWarning
from neuroflow.events import warn_user


def fits_that_vary(fits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the fits without regions whose SD is rounding, and name these."""
    kept, flat = [], []
    for fit in fits:
        sd, coefficients = np.array(fit["sd"], float), np.array(fit["coefficients"], float)
        varies = sd > ROUNDING * np.abs(coefficients).max(axis=0)
        names = [" ".join(filter(None, key)) for key in fit["columns"]]
        flat += [name for name, used in zip(names, varies, strict=True) if not used]
        columns = [key for key, used in zip(fit["columns"], varies, strict=True) if used]
        own = {"sd": sd[varies].tolist(), "coefficients": coefficients[:, varies].tolist()}
        kept.append({**fit, "columns": columns, **own})
    if flat:
        warn_user(
            f"The norms of {len(flat)} regions and metrics are not used, as the controls' values "
            f"do not vary: {', '.join(flat)}. Fit the norms again.",
            ResultWarning,
        )
    return [fit for fit in kept if fit["columns"]]
