"""Tables for others have numbers in place of the ids of studies."""

import pandas as pd

from neuroflow.results import StudyNumbers

IDS = ["71d900ea-544a-8b45-98b1-2c5a71d2e0de", "123e4567-e89b-42d3-a456-426614174000"]


def test_one_study_has_the_same_number_in_all_tables():
    numbers = StudyNumbers()
    first = numbers.apply(pd.DataFrame({"study_id": IDS, "value": [0.1, 0.2]}))
    other = numbers.apply(pd.DataFrame({"study_id": [IDS[1], "third"]}))
    assert first["study_id"].tolist() == ["study_0001", "study_0002"]
    assert other["study_id"].tolist() == ["study_0002", "study_0003"]


def test_no_text_of_a_table_names_a_study():
    table = pd.DataFrame(
        {
            "study_id": pd.Categorical(IDS),
            "report": [f"results/{study_id}_out/prediction.txt" for study_id in IDS],
            "warnings": pd.Categorical([f"{IDS[1]} has the same values", ""]),
            "age": [61.5, None],
            "in_studies": [True, False],
        }
    )
    written = StudyNumbers().apply(table).to_csv()
    assert not any(study_id in written for study_id in IDS)
    assert "results/study_0002_out/prediction.txt" in written
    assert "study_0002 has the same values" in written


def test_an_id_within_another_one_is_not_mistaken():
    table = pd.DataFrame({"study_id": ["s1", "s11"], "report": ["s11_out", "s1_out"]})
    assert StudyNumbers().apply(table)["report"].tolist() == ["study_0002_out", "study_0001_out"]


def test_the_table_itself_stays():
    table = pd.DataFrame({"study_id": IDS})
    StudyNumbers().apply(table)
    assert table["study_id"].tolist() == IDS
