"""The simulated reports, as files."""

import io
from datetime import datetime

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from neuroflow.contract import BIOMARKERS
from neuroflow.demo.service.aidp import LAYOUTS, NOTICE, aidp_text
from neuroflow.demo.service.drawing import draw_failure, draw_prediction
from neuroflow.demo.service.engine import Subject, simulate
from neuroflow.demo.service.pipeline import share
from neuroflow.demo.service.report import (
    Prediction,
    failure_text,
    predict,
    prediction_text,
)
from neuroflow.errors import DemoError

AT = datetime(2025, 3, 4, 10, 30)
VALUES = simulate(Subject("x", "MSA", 60.0, "F"))


def read(layout: str) -> dict[str, float]:
    text = io.StringIO(aidp_text(VALUES, "a1", layout))
    if layout == "transposed":
        return pd.read_csv(text, comment="#", header=None, index_col=0)[1].to_dict()
    table = pd.read_csv(text, comment="#")
    if layout == "wide":
        return table.set_index("Subject").loc["a1"].to_dict()
    long = table.melt("region", var_name="metric")
    return dict(zip(long["region"] + "_" + long["metric"], long["value"], strict=True))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_holds_the_132_values(layout: str) -> None:
    found = read(layout)
    assert len(found) == 132
    for row in VALUES.itertuples():
        assert found[f"{row.region}_{row.metric}"] == pytest.approx(row.value, abs=1e-6)
    assert NOTICE in aidp_text(VALUES, "a1", layout).splitlines()[0]


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(DemoError, match="round"):
        aidp_text(VALUES, "a1", "round")


def prediction(atypical: float, psp: float = 0.2) -> Prediction:
    return Prediction(atypical, psp, dict.fromkeys(BIOMARKERS, 0.25))


def test_the_text_names_order_product_and_both_predictions() -> None:
    text = prediction_text(prediction(0.9), "a1", AT)
    for part in (
        NOTICE, "Order ID:a1", "2025-03-04", "Analysis:", "ML Version:",
        "pSN Free Water Value:0.25",
    ):  # fmt: skip
        assert part in text
    assert "Atypical:0.9000" in text
    assert "PSPvsMSAp:0.2000" in text


def test_psp_against_msa_is_told_only_of_the_atypical() -> None:
    assert "PSPvsMSAp" not in prediction_text(prediction(0.4), "a1", AT)


def test_predictions_tend_to_the_right_group() -> None:
    found = {
        group: [predict(simulate(Subject(f"{i}", group, 66.0, "M"))) for i in range(30)]
        for group in ("PD", "MSA", "PSP")
    }
    atypical = {group: np.mean([p.is_atypical for p in each]) for group, each in found.items()}
    assert atypical["PD"] < 0.4 < 0.6 < min(atypical["MSA"], atypical["PSP"])
    assert np.mean([p.psp > 0.5 for p in found["PSP"]]) > 0.5
    assert np.mean([p.psp > 0.5 for p in found["MSA"]]) < 0.5


def test_the_failure_report_gives_the_reason() -> None:
    text = failure_text("The zip is empty.", "a1", AT)
    assert "Failure Report" in text
    assert "Reason: The zip is empty." in text
    assert NOTICE in text


@pytest.mark.parametrize(
    ("draw", "what", "study_id"),
    [
        (draw_prediction, prediction(0.9), "a1"),
        (draw_prediction, prediction(0.1), "a1"),
        (draw_prediction, prediction(1.0, 0.0), "a1"),
        (draw_failure, "Cost: $5_$6 and so on, " * 20, "a$1$"),
    ],
    ids=["atypical", "typical", "certain", "failure"],
)
def test_pictures_are_drawn(draw, what, study_id) -> None:
    pixels = matplotlib.image.imread(io.BytesIO(draw(what, study_id, AT)))
    assert pixels.shape[:2] == (1100, 850)
    ink = pixels[..., :3].mean(axis=2) < 0.9
    assert 0.01 < ink.mean() < 0.5
    assert not ink[:, -20:].any()


def test_pictures_differ_with_the_prediction() -> None:
    assert draw_prediction(prediction(0.9), "a", AT) != draw_prediction(prediction(0.8), "a", AT)


@pytest.mark.parametrize(
    ("layout", "lines"),
    [
        ("long", ["region,FW,FA", "MCP,0.100000,0.600000"]),
        ("wide", ["Subject,MCP_FW,MCP_FA", "a1,0.100000,0.600000"]),
    ],
)
def test_the_values_of_a_study_have_a_layout(layout, lines):
    values = pd.DataFrame({"region": ["MCP"] * 2, "metric": ["FW", "FA"], "value": [0.1, 0.6]})
    first = "# SIMULATED by neuroflow's demo service. Not for clinical use."
    assert aidp_text(values, "a1", layout).splitlines() == [first, *lines]


def test_the_same_words_give_the_same_share():
    assert share(0, "a") == share(0, "a") != share(0, "b")
