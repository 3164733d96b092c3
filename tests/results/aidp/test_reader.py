"""Result files as they may come: what is recognised, what is odd, what is refused."""

import math
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from support.aidp_files import STEMS

from neuroflow.errors import AidpError, OptionError
from neuroflow.results.aidp.grid import read_grid
from neuroflow.results.aidp.layouts import read_sheet
from neuroflow.results.aidp.reader import AidpReader, read_aidp
from neuroflow.results.aidp.schema import Schema
from neuroflow.results.aidp.template import make_template
from neuroflow.results.aidp.tidy import tidy, without_footer
from neuroflow.results.warning_kinds import WarningKind

PATH = Path("x_out/aidp.csv")


def parse(text, schema=None):
    data = text if isinstance(text, bytes) else text.encode()
    return AidpReader(schema).parse(data, PATH)


def found(file, study=0):
    names = (f"{n.region}/{n.hemisphere}/{n.metric}" for n in file.names)
    return dict(zip(names, file.values[study].tolist(), strict=True))


ONE = {"pSN/bilateral/FW": 0.2, "pSN/bilateral/FAt": 0.6, "MCP/bilateral/FW": 0.1}
ONE |= {"MCP/bilateral/FAt": 0.7}


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("region,FW,FA\npSN,0.2,0.6\nMCP,0.1,0.7\n", "long"),
        ("Region;Free water;FAt\npSN;0,2;0,6\nMCP;0,1;0,7\n", "long"),
        ("Subject\tROI\tmean FW\tmean FA\nS1\tpSN\t.2\t.6\nS1\tMCP\t.1\t.7\n", "long"),
        ("region,metric,value\npSN,FW,.2\npSN,FA,.6\nMCP,FW,.1\nMCP,FA,.7\n", "long"),
        ("pSN,FW,.2\npSN,FA,.6\nMCP,FW,.1\nMCP,FA,.7\n", "long"),
        ("FW,pSN,.2\nFA,pSN,.6\nFW,MCP,.1\nFA,MCP,.7\n", "long"),
        ("name,value\nAge,61\npSN_FW,.2\npSN_FA,.6\nMCP_FW,.1\nMCP_FA,.7\n", "long"),
        ("pSN_FW,pSN_FA,MCP_FW,MCP_FA\n.2,.6,.1,.7\n", "wide"),
        (",pSN_FW,pSN_FA,MCP_FW,MCP_FA\n0,.2,.6,.1,.7\n", "wide"),
        ("FW_pSN,FA_pSN,FW_MCP,FA_MCP\n.2,.6,.1,.7\n", "wide"),
        ("metric,pSN,MCP\nFW,.2,.1\nFA,.6,.7\n", "wide"),
        (",Age,pSN,MCP\nFreeWater,61,.2,.1\nFAt,61,.6,.7\n", "wide"),
        ("Region,Free Water (FW),Fractional Anisotropy [FA]\npSN,.2,.6\nMCP,.1,.7\n", "long"),
        ("Region,Mean FW,Mean FA,SD FW\npSN,.2,.6,.01\nMCP,.1,.7,.02\n", "long"),
        ("id,region,FW,FA\n1,pSN,.2,.6\n2,MCP,.1,.7\n", "long"),
        ("0,pSN,FW,.2\n1,pSN,FA,.6\n2,MCP,FW,.1\n3,MCP,FA,.7\n", "long"),
        ("1,pSN_FW,.2\n2,pSN_FA,.6\n3,MCP_FW,.1\n4,MCP_FA,.7\n", "transposed"),
        ("ID,Age,pSN_FW,pSN_FA,MCP_FW,MCP_FA,\nS1,61,.2,.6,.1,.7,\n", "wide"),
        ("pSN_FW,.2\npSN_FA,.6\nMCP_FW,.1\nMCP_FA,.7\n", "transposed"),
        (",0\nSubject,S1\npSN_FW,.2\npSN_FA,.6\nMCP_FW,.1\nMCP_FA,.7\n", "transposed"),
        ("Subject,value\npSN_FW,.2\npSN_FA,.6\nMCP_FW,.1\nMCP_FA,.7\n", "transposed"),
        ("AID-P report\n\n# v1\npSN_FW,.2\npSN_FA,.6\nMCP_FW,.1\nMCP_FA,.7\n", "transposed"),
        ("Age,61\npSN_FW,.2\npSN_FA,.6\nMCP_FW,.1\nMCP_FA,.7\nSex,0", "transposed"),
    ],
)
def test_layouts(text, layout):
    file = parse(text)
    assert (found(file), file.layout) == (ONE, layout)


def test_what_is_no_region_becomes_a_fact_of_the_study():
    file = parse(
        "Subject,GroupID,Age,UPDRS,Atypical Probability,Referring_MD,MCP_FW,pSN_FW\n"
        "S1,2,61,,0.93,Dr X,0.1,0.2\n"
    )
    assert file.ids == ("S1",)
    assert file.facts[0] == {
        "Subject": "S1", "GroupID": "2", "Age": "61", "UPDRS": "",
        "Atypical Probability": "0.93", "Referring_MD": "Dr X",
    }  # fmt: skip


def test_a_report_of_many_studies_has_a_row_each():
    file = parse("ID,Subject,MCP_FW,pSN_FW\n1,A,0.1,0.2\n1,B,0.3,0.4\n")
    assert file.ids == ("A", "B")  # the column that tells them apart
    np.testing.assert_array_equal(file.values, [[0.1, 0.2], [0.3, 0.4]])


def test_a_header_repeated_by_joining_files_is_told():
    file = parse("Subject,MCP_FW,pSN_FW\nA,0.1,0.2\nSubject,MCP_FW,pSN_FW\nB,0.3,0.4\n")
    assert file.ids == ("A", "B")
    assert "header" in file.warnings[0][0]


@pytest.mark.parametrize("header", ["name", "region", ""])
def test_transposed_studies_are_named_by_their_header(header):
    file = parse(f"{header},A,B\npSN_FW,0.1,0.2\nMCP_FW,0.3,0.4\n")
    assert (file.layout, file.ids) == ("transposed", ("A", "B"))


def test_names_that_look_alike_stay_apart():
    file = parse("MCP_FW,0.1\nCerebellar_MCP_FW,0.2\nM1_Final_FW,0.3\nM1_SMATT_FW,0.4\n")
    assert [n.region for n in file.names] == ["MCP", "Cerebellar_MCP", "M1_TCATT", "M1_SMATT"]


def test_other_parcellations_keep_their_names():
    file = parse("region,FW\nLeft-Putamen,0.1\nctx-rh-precuneus,0.2\nPutamen_L,0.3\npSN,0.4\n")
    assert [(n.region, n.hemisphere, n.kind) for n in file.names[:2]] == [
        ("Putamen", "left", "unknown"),
        ("precuneus", "right", "unknown"),
    ]
    assert any("not in the dictionary (2): Putamen, precuneus" in w for w in file.warnings[0])


def test_only_names_of_another_parcellation():
    file = parse("region,FW\nfoo,0.1\nbar,0.2\n")
    assert found(file) == {"foo/unknown/FW": 0.1, "bar/unknown/FW": 0.2}


def test_a_column_of_sides():
    file = parse("region,side,FW\nmidbrain,L,0.1\nmidbrain,right,0.2\npSN,,0.3\n")
    assert list(found(file)) == [
        "midbrain/left/FW", "midbrain/right/FW", "pSN/bilateral/FW",
    ]  # fmt: skip


def test_sides_are_read_from_a_column_or_region_name():
    file = parse("region,side,FW\nPutamen,L,0.1\nPutamen,right,0.2\nMCP,bilateral,0.3\n")
    assert found(file) == {"Putamen/left/FW": 0.1, "Putamen/right/FW": 0.2, "MCP/bilateral/FW": 0.3}
    assert found(parse("region,FW\nPutamen (left),0.1\nPutamen,0.2\n")) == {
        "Putamen/left/FW": 0.1, "Putamen/bilateral/FW": 0.2,
    }  # fmt: skip


def test_a_row_per_study_and_metric():
    file = parse("ID,Age,map,pSN,foo\nA,61,FW,.2,.3\nA,61,FA,.6,.4\nB,62,FW,.1,.5\nB,62,FA,,.6\n")
    assert file.ids == ("A", "B")
    assert [facts["Age"] for facts in file.facts] == ["61", "62"]
    assert found(file) == {
        "pSN/bilateral/FW": 0.2, "pSN/bilateral/FAt": 0.6, "foo/unknown/FW": 0.3,
        "foo/unknown/FAt": 0.4,
    }  # fmt: skip
    assert math.isnan(found(file, 1)["pSN/bilateral/FAt"])


def test_percent_become_shares_and_are_told():
    file = parse("region;FW\npSN;21,3 %\nMCP;17%\nSCP;x%\n")
    np.testing.assert_array_equal(file.values, [[0.213, 0.17, math.nan]])
    assert any("percentages, read as fractions (2)" in w for w in file.warnings[0])


def test_fa_and_fat_in_one_file_are_two_metrics():
    file = parse("region,FA,FAt\npSN,0.5,0.6\n")
    assert found(file) == {"pSN/bilateral/FA": 0.5, "pSN/bilateral/FAt": 0.6}
    assert any("uncorrected" in w for w in file.warnings[0])


def test_values_without_a_metric_are_kept_and_told():
    file = parse("region,value\npSN,0.5\nMCP,0.6\n")
    assert found(file) == {"pSN/bilateral/unknown": 0.5, "MCP/bilateral/unknown": 0.6}
    assert any("metric" in w for w in file.warnings[0])
    assert list(found(parse("region,value\npSN,0.5\n", Schema(metric="FA")))) == [
        "pSN/bilateral/FAt"
    ]


def test_odd_values_are_flagged_with_their_lines():
    file = parse("region,FW,MD\npSN,1.5,0.0007\nMCP,abc,900\nSCP,-0.1,\nSTN,1e999,1\n")
    values = found(file)
    assert values["pSN/bilateral/FW"] == 1.5
    assert values["SCP/bilateral/FW"] == -0.1
    assert math.isnan(values["MCP/bilateral/FW"])
    told = " | ".join(file.warnings[0])
    assert "no number (2): MCP FW 'abc' in line 3, STN FW '1e999' in line 5" in told
    assert "outside 0 to 1 (2): pSN FW '1.5' in line 2, SCP FW '-0.1' in line 4" in told
    assert "8 values, 132 expected" in told
    assert "3 of 8 values missing" in told


def test_a_region_given_twice_is_never_chosen():
    file = parse("pSN_FW,0.2\nMCP_FW,0.1\npSN_FW,0.3\nMCP_FW,0.10\n")
    values = found(file)
    assert math.isnan(values["pSN/bilateral/FW"])
    assert values["MCP/bilateral/FW"] == 0.1
    told = " | ".join(file.warnings[0])
    assert (
        "different values, set to missing (1): pSN FW '0.2' in line 1; pSN FW '0.3' in line 3"
        in told
    )
    assert "found twice (1): MCP FW" in told


def test_the_misspelt_name_is_the_same_region():
    file = parse("OlFWctory_Cortex_Final_FW,0.2\nOlfactory_Cortex_Final_FW,0.2\n")
    assert list(found(file)) == ["Olfactory_Cortex_TCATT/commissural/FW"]


def test_files_of_one_kind_with_a_single_value():
    reader = AidpReader()
    for value in ("0.1", "1", "0.25"):
        assert reader.parse(f"pSN_FW,{value}\n".encode(), PATH).values == float(value)


@pytest.mark.parametrize("value", [0.25, 0.0, 1.0])
def test_the_shortcut_takes_a_file_that_differs_in_numbers(value):
    first, second = b"region,FW\npSN,0.1\n", f"region,FW\npSN,{value}\n".encode()
    grid = read_grid(first, PATH, Schema())
    template = make_template(first, grid, read_sheet(grid, Schema()))
    assert template.match(second) == ([value], {})
    assert template.match(second.replace(b"pSN,", b"pSN,-1")) is None


def test_the_shortcut_does_not_take_a_header_for_a_fact():
    reader = AidpReader()
    for text in ("name,S1\npSN_FW,0.1\nMCP_FW,0.3\n", "name,value\npSN_FW,0.2\nMCP_FW,0.4\n"):
        short, long = reader.parse(text.encode(), PATH), parse(text)
        assert (short.layout, short.ids) == (long.layout, long.ids)


def test_a_file_larger_than_usual_is_read_whole(tmp_path):
    path = tmp_path / "aidp.csv"
    path.write_text("pSN_FW,0.2\n" + "# a remark\n" * 10_000 + "MCP_FW,0.1\n")
    assert found(read_aidp(path)) == {"pSN/bilateral/FW": 0.2, "MCP/bilateral/FW": 0.1}


def test_what_was_read_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        parse("pSN_FW,0.2\n").values = np.zeros((1, 1))


def test_columns_beside_a_long_table_are_facts():
    file = parse("Subject,region,FW,Age\nS1,pSN,.2,61\nS1,MCP,.1,61\n")
    assert file.facts == ({"Subject": "S1", "Age": "61"},)


def test_a_region_given_twice_is_found_behind_others():
    file = parse("region,FW\npSN,.2\nMCP,.1\nMCP,.3\nSCP,.4\n")
    assert math.isnan(found(file)["MCP/bilateral/FW"])
    assert file.warnings[0][0].startswith("found twice with different values")


def test_empty_columns_at_the_right_are_dropped():
    assert read_grid(b"region,FW,\npSN,0.2,\n", PATH, Schema()).rows == [
        ["region", "FW"],
        ["pSN", "0.2"],
    ]


def test_the_delimiter_that_makes_equal_rows_is_taken():
    assert read_grid(b"a;0,2;0,3\nb;0,25;1\n", PATH, Schema()).delimiter == ";"


def test_a_schema_may_name_the_column_of_regions_alone():
    file = parse("where,roi,FW\npSN,left,.2\nMCP,left,.1\n", Schema(region_column="where"))
    assert (file.layout, found(file)) == (
        "long",
        {"pSN/bilateral/FW": 0.2, "MCP/bilateral/FW": 0.1},
    )


def test_a_column_not_in_the_schema_is_an_error():
    with pytest.raises(AidpError, match="line 1: "):
        parse("region,FW\npSN,.2\n", Schema(id_column="person"))


def test_a_single_text_for_a_number_is_reported():
    file = parse("region,FW\npSN,abc\nMCP,.1\n")
    assert file.warnings[0][0] == "no number (1): pSN FW 'abc' in line 2"


def test_columns_that_a_schema_leaves_out_are_no_unused_values():
    text = "roi,FW,QZ\npSN,.2,.5\nMCP,.1,.7\n"
    assert any(WarningKind.UNUSED_COLUMNS in warning for warning in parse(text).warnings[0])
    chosen = parse(text, Schema(value_columns={"FW": "FW"})).warnings[0]
    assert not any(WarningKind.UNUSED_COLUMNS in warning for warning in chosen)


@pytest.mark.parametrize(("values", "is_percent"), [("20,10", True), ("20,.1", False)])
def test_several_values_up_to_100_may_be_percentages(values, is_percent):
    warnings = parse(f"pSN_FW,MCP_FW\n{values}\n").warnings[0]
    assert any(WarningKind.PERCENT in warning for warning in warnings) == is_percent


def test_two_rows_of_headings_alone_are_not_joined():
    rows = [["pSN", "MCP"], ["FW", "FA"]]
    assert tidy(rows, [1, 2]).rows == rows


def test_joined_headings_keep_the_line_of_the_first():
    tidied = tidy([["pSN", "MCP"], ["FW", "FA"], ["0.2", "0.6"]], [3, 4, 6])
    assert (tidied.rows, tidied.lines) == ([["pSN_FW", "MCP_FA"], ["0.2", "0.6"]], [3, 6])


def test_a_complete_file_has_nothing_odd():
    text = "region,FW,FA\n" + "".join(f"{stem},0.2,0.6\n" for stem in STEMS)
    file = parse(text)
    assert file.values.shape == (1, 132)
    assert file.warnings == ((),)
    assert (file.delimiter, file.decimal, file.encoding) == (",", ".", "utf-8")


def test_records_are_one_row_per_value():
    records = parse("Subject,MCP_FW,pSN_FA\nA,0.1,0.2\nB,0.3,\n").records
    assert records["id"].tolist() == ["A", "A", "B", "B"]
    assert records["metric"].tolist() == ["FW", "FAt"] * 2
    assert records["value"].isna().tolist() == [False, False, False, True]


def test_a_schema_decides_what_the_content_cannot():
    text = (
        "junk,1,2,3\nmore junk\nregion,voxels,average FW,sd\npSN,120,0.2,0.01\nMCP,800,0.1,0.02\n"
    )
    with pytest.raises(AidpError):
        parse(text)
    file = parse(text, Schema(skip_lines=2, value_columns={"average FW": "FW"}))
    assert found(file) == {"pSN/bilateral/FW": 0.2, "MCP/bilateral/FW": 0.1}


def test_two_columns_of_numbers_are_not_guessed_between():
    with pytest.raises(AidpError, match="which column holds the values"):
        parse("region,a,b\npSN,1,2\nMCP,3,4\n")


def test_a_schema_may_name_every_column():
    file = parse(
        "w;k;q;v\nA;pSN;FW;0,5\nB;pSN;FW;1\n",
        Schema(
            layout="long", delimiter=";", decimal=",", encoding="utf-8", id_column="w",
            region_column="k", metric_column="q", value_columns={"v": ""},
        ),
    )  # fmt: skip
    assert file.ids == ("A", "B")
    np.testing.assert_array_equal(file.values, [[0.5], [1.0]])


def test_a_schema_that_does_not_fit_is_told():
    with pytest.raises(AidpError, match="'k', which is not there"):
        parse("region,FW\npSN,0.1\n", Schema(region_column="k"))
    with pytest.raises(OptionError, match="layout"):
        Schema(layout="diagonal")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "line 1: .*empty"),
        (b" \r\n\t\n", "line 1: .*empty"),
        (b"\xef\xbb\xbf", "line 1: .*empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not a text file"),
        (bytes(range(1, 32)) * 40, "not a text file"),
        (b"# only\n# comments\n", "No comma"),
        (b"# only, one\n# comments\n", "No comma"),
        (b",,\n", "All its cells are empty"),
        (b"hello\nworld\n", "No comma"),
        (b"a,b\n1,2\n", "No region names"),
        (b"pSN_FW,MCP_FW\n", "No values"),
        (b"region,FW\npSN,0.1\nMCP\n", "line 3: .*truncated"),
        (b"pSN_FW,MCP_FW,SCP_FW\n0.1,0.2", "line 2: .*truncated"),
        (b"id,region,FW\nA,Red nucleus,0.1\nA,Middle cereb", "line 3: .*truncated"),
        (b"region,FW\npSN,0.1,0.3\n", "line 2: "),
        (b'region,FW\n"pSN,0.1\nMCP,0.2\n', "line 3: "),
    ],
)
def test_what_cannot_be_read_names_file_and_line(content, why):
    with pytest.raises(AidpError, match=rf"(?s)aidp\.csv, .*{why}"):
        parse(content)


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(AidpError, match=r"aidp\.csv cannot be read"):
        read_aidp(tmp_path / "aidp.csv")
    with pytest.raises(AidpError, match="cannot be read"):
        read_aidp(tmp_path)


def test_a_wrong_encoding_is_told_with_its_line():
    with pytest.raises(AidpError, match="line 2"):
        parse("pSN_FW,0.1\nÄrztin,x\n".encode("latin-1"), Schema(encoding="utf-8"))


def test_sentences_below_a_table_are_no_rows():
    rows = [["region", "FW"], ["pSN", "0.2"], ["Made by X, on Monday"]]
    assert without_footer(rows, ["psn"]) == (2, ["Made by X, on Monday"])


def test_a_table_of_europe_is_read_with_its_facts(tmp_path):
    path = tmp_path / "aidp.csv"
    path.write_text("pSN_FW;0,21\nPutamen_FW;0,17\nAge;61\n")
    file = read_aidp(path)
    assert (file.layout, file.delimiter, file.decimal) == ("transposed", ";", ",")
    assert dict(file.facts[0]) == {"Age": "61"}
    assert file.records["value"].tolist() == [0.21, 0.17]


def test_equal_schemas_have_one_hash_that_stays():
    columns = {"mean": "FW", "sd": "FAt"}
    one = Schema(value_columns=columns)
    assert {one, Schema(value_columns={"sd": "FAt", "mean": "FW"})} == {one}
    before = hash(one)
    columns["other"] = "MD"
    assert hash(one) == before
