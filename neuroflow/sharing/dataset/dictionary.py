"""What each column of the dataset means, as BIDS describes columns."""

from __future__ import annotations

from typing import Any

import pandas as pd

from neuroflow.matrix import FRACTIONS, METRIC_NAMES, REGION_KEY
from neuroflow.results import data_dictionary

MEASURE: dict[str, Any] = {
    "MeasurementToolMetadata": {
        "Description": "Regional values of diffusion MRI computed by the neuropacs service",
    }
}


def column_dictionary(table: pd.DataFrame) -> dict[str, Any]:
    """Describe columns of people and visits."""
    found = {}
    for row in data_dictionary(table).to_dict("records"):
        found[row["column"]] = {"Description": row["meaning"]}
        if row["unit"]:
            found[row["column"]]["Units"] = row["unit"]
    if "sex" in found:
        found["sex"]["Levels"] = {"M": "male", "F": "female"}
    return found


def region_dictionary(table: pd.DataFrame) -> dict[str, Any]:
    """Describe one column per region and metric: region, part of the brain, side, unit."""
    parts = table.drop_duplicates([*REGION_KEY])
    sides = parts.groupby("region", observed=True)["hemisphere"].nunique()
    found: dict[str, Any] = {}
    for row in parts.to_dict("records"):
        metric, region = str(row["metric"]), str(row["region"])
        side = f"_{row['hemisphere']}" if sides[region] > 1 else ""
        name = str(row.get("region_name", region))
        words = METRIC_NAMES.get(metric, metric)
        where = f"side: {row['hemisphere']}; part of the brain: {row.get('system', 'unknown')}"
        found[f"{region}{side}_{metric}"] = {
            "LongName": f"{words}, {name}",
            "Description": f"Mean of {words} ({metric}) in {name}; {where}",
            "Units": "1" if metric in FRACTIONS else "as reported",
        }
    return found
