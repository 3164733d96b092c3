import numpy as np
import pandas as pd
import pytest

import neuroflow as nf
from neuroflow.errors import CompareError, OptionError


def table(**columns):
    n = len(columns["group"])
    more = {"region": "SCP", "metric": "FW", "value": 0.3}
    return pd.DataFrame({"study_id": [f"s{i}" for i in range(n)], **columns, **more})


SIX = table(
    group=["PD", "PD", "MSA-P", "PSP", "PSP", "ET"],
    p_atypical=[0.1, 0.7, 0.9, 0.8, np.nan, 0.2],
    p_psp_vs_msap=[0.5, 0.2, 0.1, np.nan, 0.9, 0.3],
)


def test_both_steps_are_counted_as_one_classifier():
    found = nf.confusion_matrix(SIX).set_index("truth")
    assert found.loc["PD", ["PD", "MSA", "PSP"]].tolist() == [1, 1, 0]
    assert found.loc["MSA", "MSA"] == 1
    assert found.loc["all", "n"] == 5


def test_a_study_without_an_answer_is_never_right():
    found = nf.confusion_matrix(SIX).set_index("truth")
    assert found.loc["PSP", "no answer"] == 2
    assert found.loc["PSP", "correct"] == 0


def test_other_diagnoses_are_left_out_and_counted():
    assert nf.confusion_matrix(SIX).attrs["exclusions"][0]["study_ids"] == ["s5"]


def test_own_names_of_diagnoses_can_be_given():
    renamed = SIX.replace({"group": {"MSA-P": "multiple system atrophy"}})
    found = nf.confusion_matrix(renamed, names={"multiple system atrophy": "MSA"})
    assert "MSA" in found["truth"].tolist()


def test_labels_without_any_diagnosis_are_refused():
    with pytest.raises(CompareError, match="No study has the diagnosis"):
        nf.confusion_matrix(SIX.assign(group="A"))


def test_percent_instead_of_probabilities_is_refused():
    with pytest.raises(OptionError, match="does not contain probabilities"):
        nf.confusion_matrix(SIX.assign(p_atypical=SIX["p_atypical"] * 100))


def test_methods_name_both_steps_and_the_cutoff():
    text = nf.methods_text(nf.confusion_matrix(SIX))
    assert "PD where p_atypical was below 0.5" in text
    assert "PSP where p_psp_vs_msap" in text
