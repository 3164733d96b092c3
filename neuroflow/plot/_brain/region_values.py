"""One number per region, out of any result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from neuroflow.errors import OptionError, TableError
from neuroflow.matrix import REGION_FACTS, resolve, usual_metric
from neuroflow.plot.common import lower_first, metric_name

_FIRST = ("effect_size", "z", "r", "value")
_CHOICES = ("metric", "contrast", "study_id", "group", "variable", "term")
_WORDS = {
    "effect_size": "Hedges' g",
    "z": "z-score",
    "r": "correlation",
    "q": "q",
    "p": "p",
    "np2": "partial η²",
}


@dataclass(frozen=True, slots=True)
class RegionNumbers:
    """What a brain picture or an image shows."""

    rows: pd.DataFrame  # One row per region: `REGION_COLUMNS`, `number` and, if known, `q`
    column: str  # Where the numbers come from
    chosen: Mapping[str, str]  # What was chosen from the result: metric, contrast,
    others: Mapping[str, list[str]]  # What else there was to choose
    facts: Mapping[Any, Any] = field(default_factory=dict)  # The ``.attrs`` of the result.

    @property
    def quantity(self) -> str:
        """The numbers in words."""
        name = _WORDS.get(self.column, self.column.replace("_", " "))
        if self.column == "effect_size":
            name = str(self.facts.get("effect_size") or name).split(" over")[0].split(",")[0]
        metric = self.chosen.get("metric", "")
        words = metric_name(metric)
        words = words if metric == words else lower_first(words)
        return f"{name}, {words}" if metric else name


def region_numbers(
    result: pd.DataFrame | pd.Series, column: str | None = None, **choices: str | None
) -> RegionNumbers:
    """Take one number per region out of any result."""
    if not isinstance(result, pd.DataFrame | pd.Series):
        raise TableError(
            f"The result is a {type(result).__name__}.",
            advice="Pass a table with a column region, or a Series with regions as index.",
        )
    facts = dict(result.attrs)
    if isinstance(result, pd.Series):
        name = str(result.name or "value")
        result = pd.DataFrame({"region": result.index.astype(str), name: result.to_numpy()})
        column = column or name
    if "region" not in result or result.empty:
        raise TableError("The result has no regions.", advice="Pass a table with a column region.")
    column = column or next((name for name in _FIRST if name in result), None)
    if column is None or column not in result or not _is_number(result[column]):
        numeric = [str(name) for name in result.columns if _is_number(result[name])]
        raise OptionError(
            f"The result has no numbers in {column or ' or '.join(_FIRST)}.",
            advice=f"Choose one of {', '.join(numeric) or 'none'}.",
        )
    rows, chosen, others = _choose(result, column, choices)
    rows = _described(rows)
    rows["number"] = rows[column].to_numpy(dtype=np.float64, na_value=np.nan)
    duplicated = rows.duplicated(["region", "hemisphere"])
    if duplicated.any():
        raise TableError(
            f"There are two numbers for {rows['region'][duplicated].iloc[0]}.",
            advice="Choose rows of the result so that each region occurs once.",
        )
    return RegionNumbers(rows.reset_index(drop=True), column, chosen, others, facts)


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _choose(
    rows: pd.DataFrame, column: str, choices: Mapping[str, str | None]
) -> tuple[pd.DataFrame, dict[str, str], dict[str, list[str]]]:
    chosen: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    for name in dict.fromkeys([*choices, *_CHOICES]):
        wanted = choices.get(name)
        if name not in rows or name == column:
            if wanted is not None:
                raise OptionError(f"The result has no {name} to choose.")
            continue
        texts = rows[name].astype(str)
        # An omnibus row has no effect size: what has no number at all is nothing to choose.
        some = texts[rows[column].notna()]
        known = list(dict.fromkeys(some if len(some) else texts))
        if wanted is not None and wanted not in known:
            raise OptionError(
                f"The result has no {name} {wanted}.",
                advice=f"There are {', '.join(known[:12])}{', ...' * (len(known) > 12)}.",
            )
        usual = usual_metric(known) if name == "metric" else known[0]
        chosen[name] = wanted or usual
        if wanted is None and len(known) > 1:
            others[name] = [text for text in known if text != usual]
        rows = rows[texts == chosen[name]]
    return rows, chosen, others


def _described(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill in what a plain table lacks on its regions, from the dictionary."""
    rows = rows.reset_index(drop=True)
    names = [resolve(str(name)) for name in rows["region"]]
    if "hemisphere" not in rows:
        rows["region"] = [name.region for name in names]
    for column in REGION_FACTS[1:]:
        if column not in rows:
            rows[column] = [getattr(name, column) for name in names]
    for column in REGION_FACTS:
        rows[column] = rows[column].astype(object).where(rows[column].notna(), "").astype(str)
    return rows
