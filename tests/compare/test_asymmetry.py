"""Left against right."""

import pandas as pd
import pytest
from support.comparison_tables import realistic_table

from neuroflow.compare.asymmetry import asymmetry
from neuroflow.compare.groups import compare_groups
from neuroflow.errors import CompareError, ResultWarning, TableError
from neuroflow.results import read_results


def test_asymmetry_is_there_for_the_regions_with_two_sides():
    table = realistic_table()
    index = asymmetry(table)
    assert set(index["region"]) == {"midbrain", "parietal"}
    assert set(index["metric"]) == {"FW asymmetry", "FAt asymmetry"}
    study = table[(table["study_id"] == "study0003") & (table["metric"] == "FW")]
    sides = study[study["region"] == "midbrain"].set_index("hemisphere")["value"]
    mine = index[(index["study_id"] == "study0003") & (index["metric"] == "FW asymmetry")]
    value = mine.set_index("region")["value"]["midbrain"]
    assert value == pytest.approx(200 * (sides["left"] - sides["right"]) / sides.sum())


def test_asymmetry_is_compared_like_any_other_value():
    effects = compare_groups(asymmetry(realistic_table(), metric="FW"), reference="Control")
    assert len(effects) == 6
    assert effects["p"].notna().all()
    assert (asymmetry(realistic_table(), absolute=True)["value"] >= 0).all()


def test_asymmetry_without_two_sides_is_refused():
    with pytest.raises(CompareError, match="No region has a left and a right"):
        asymmetry(realistic_table().query("kind == 'tcatt'"))
    table = realistic_table({"Control": 2})
    with pytest.raises(TableError, match="two values of midbrain"):
        asymmetry(pd.concat([table, table]))


@pytest.mark.parametrize("header", ["FW_{}_putamen", "putamen_{}_FW", "FW_putamen_{}"])
@pytest.mark.parametrize("sides", [("left", "right"), ("lh", "rh"), ("L", "R")])
def test_sides_in_the_headers_of_a_table_give_an_asymmetry(tmp_path, header, sides):
    names = [header.format(side) for side in sides]
    wide = pd.DataFrame({"study_id": ["a", "b"], names[0]: [0.3, 0.2], names[1]: [0.1, 0.2]})
    wide.to_csv(tmp_path / "all.csv", index=False)
    found = asymmetry(read_results(tmp_path))
    assert found["region"].astype(str).tolist() == ["putamen", "putamen"]
    assert found["value"].round(9).tolist() == [100.0, 0.0]


def test_values_of_zero_are_counted_by_study():
    sides = [("left", 0.0), ("right", 0.0)] * 2
    table = pd.DataFrame(sides, columns=["hemisphere", "value"], index=[7, 7, 9, 9])
    table = table.assign(study_id=list("aabb"), region="midbrain", metric="FW")
    with pytest.warns(ResultWarning, match=r"4 values of FW in 2 studies .* used \(a, b\)"):
        assert asymmetry(table)["value"].isna().all()


def test_suspect_values_that_are_left_out_are_noted():
    sides = [("left", 0.2), ("right", 0.0)]
    table = pd.DataFrame(sides, columns=["hemisphere", "value"])
    table = table.assign(study_id="a", region="midbrain", metric="FW")
    found = asymmetry(table, exclude_suspect=True)
    assert found.attrs["data_notes"] == ["Excluded: 1 value of FW in 1 study exactly 0 or 1."]
