"""Tables as people and programs write them are read rightly, or refused by name."""

from pathlib import Path

import pytest

from neuroflow.errors import AidpError
from neuroflow.results.aidp.reader import AidpReader
from neuroflow.results.aidp.schema import Schema

SIDES = {"left": "left", "right": "right"}
PATH = Path("x_out/aidp.csv")


def read(text, encoding="utf-8", **schema):
    return AidpReader(Schema(**schema)).parse(text.encode(encoding), PATH)


def values(text, **how):
    """Return the values by study and name; a file without ids has one study."""
    file = read(text, **how)
    return {
        (study, name.region, SIDES.get(name.hemisphere, ""), name.metric): float(value)
        for study, row in zip(file.ids, file.values, strict=True)
        for name, value in zip(file.names, row, strict=True)
    }


ONE = {("", "pSN", "", "FW"): 0.2, ("", "MCP", "", "FW"): 0.1}
TWO = ONE | {("", "pSN", "", "FAt"): 0.5, ("", "MCP", "", "FAt"): 0.6}
MANY = {
    ("S1", "pSN", "", "FW"): 0.2,
    ("S1", "MCP", "", "FW"): 0.1,
    ("S2", "pSN", "", "FW"): 0.3,
    ("S2", "MCP", "", "FW"): 0.15,
}

RIGHT = {
    "units below the heading, long": (
        "region,FW,FA\n,fraction,fraction\npSN,.2,.5\nMCP,.1,.6\n",
        TWO,
    ),
    "units below the heading, wide": ("pSN_FW,MCP_FW\n[1],[1]\n0.2,0.1\n", ONE),
    "units with an id": ("Subject,pSN_FW,MCP_FW\n-,a.u.,a.u.\nS1,.2,.1\nS2,.3,.15\n", MANY),
    "units in percent": ("region,FW,FA\nunit,%,fraction\npSN,20,.5\nMCP,10,.6\n", TWO),
    "metrics below merged regions": ("pSN,,MCP,\nFW,FA,FW,FA\n0.2,0.5,0.1,0.6\n", TWO),
    "metrics below repeated regions": ("pSN,pSN,MCP,MCP\nFW,FA,FW,FA\n0.2,0.5,0.1,0.6\n", TWO),
    "regions below merged metrics": ("FW,,FA,\npSN,MCP,pSN,MCP\n0.2,0.1,0.5,0.6\n", TWO),
    "metrics below regions with an id": (
        "Subject,pSN,MCP\n,FW,FW\nS1,.2,.1\nS2,.3,.15\n",
        MANY,
    ),
    "statistics below merged metrics": (
        "Region;FW;;FA;\n;mean;SD;mean;SD\npSN;0,2;0,01;0,5;0,01\nMCP;0,1;0,02;0,6;0,01\n",
        TWO,
    ),
    "summary rows": (
        "Subject,pSN_FW,MCP_FW\nS1,.2,.1\nS2,.3,.15\nMean,.25,.12\nSD,.05,.02\n",
        MANY,
    ),
    "German summary rows": (
        "Proband;pSN_FW;MCP_FW\nS1;0,2;0,1\nS2;0,3;0,15\nMittelwert;0,25;0,12\n"
        "Standardabweichung;0,1;0,1\nN;2;2\n",
        MANY,
    ),
    "a footer": ("region,FW\npSN,.2\nMCP,.1\nMade by X, version 2\n", ONE),
    "two footers": ("region,FW,FA\npSN,.2,.5\nMCP,.1,.6\n\nn = 3 subjects\nNot for use.\n", TWO),
    "mean and std before the name": (
        "mean_pSN_FW,std_pSN_FW,mean_MCP_FW,std_MCP_FW\n0.2,0.01,0.1,0.02\n",
        ONE,
    ),
    "mean and std behind the name": (
        "pSN_FW_mean,pSN_FW_std,MCP_FW_mean,MCP_FW_std\n0.2,0.01,0.1,0.02\n",
        ONE,
    ),
    "German headings": ("Region;Freies Wasser;FA\npSN;0,2;0,5\nMCP;0,1;0,6\n", TWO),
    "German words": ("Hirnregion;Messgröße;Wert\npSN;Freies Wasser;0,2\nMCP;FW;0,1\n", ONE),
    "French headings": ("Région;Eau libre;FA\npSN;0,2;0,5\nMCP;0,1;0,6\n", TWO),
    "percent in the heading": ("region,FW (%),FA\npSN,20,0.5\nMCP,10,0.6\n", TWO),
    "the word percent": ("region,FW (percent),FA\npSN,20,0.5\nMCP,10,0.6\n", TWO),
    "the word Prozent": ("region;FW (Prozent);FA\npSN;20,0;0,5\nMCP;10,0;0,6\n", TWO),
    "percent in the heading, comma": ("region;FW [%];FA\npSN;20,0;0,5\nMCP;10,0;0,6\n", TWO),
    "fractions below a heading of percent": ("region,FW (%)\npSN,0.2\nMCP,0.1\n", ONE),
    "pipes": ("region|FW|FA\npSN|0.2|0.5\nMCP|0.1|0.6\n", TWO),
    "a Markdown table": ("| region | FW |\n|---|---:|\n| pSN | 0.2 |\n| MCP | 0.1 |\n", ONE),
    "blanks": ("region FW FA\npSN 0.2 0.5\nMCP 0.1 0.6\n", TWO),
    "columns of blanks": ("region    FW     FA\npSN      0.2    0.5\nMCP      0.1    0.6\n", TWO),
    "blanks and decimal commas": ("region FW FA\npSN 0,2 0,5\nMCP 0,1 0,6\n", TWO),
    "zeros at the end": ("region,FW\npSN,.2\nMCP,.1\n" + 300 * "\0", ONE),
    "one cell with a comma": ('region,FW,FA\npSN,"0,2",.5\nMCP,.1,.6\n', TWO),
    "one cell with a point": ("region;FW;FA\npSN;0.2;0,5\nMCP;0,1;0,6\n", TWO),
    "left and right": (
        "region,metric,left,right\nmidbrain,FW,.2,.3\n",
        {("", "midbrain", "left", "FW"): 0.2, ("", "midbrain", "right", "FW"): 0.3},
    ),
    "left and right of metrics": (
        "region,FW_L,FW_R,FA_L,FA_R\nmidbrain,.2,.3,.5,.6\n",
        {
            ("", "midbrain", "left", "FW"): 0.2,
            ("", "midbrain", "right", "FW"): 0.3,
            ("", "midbrain", "left", "FAt"): 0.5,
            ("", "midbrain", "right", "FAt"): 0.6,
        },
    ),
    "blanks in names": (
        "region,FW\nAngular Gyrus Final,.2\nM1-SMATT,.1\n",
        {("", "Angular_Gyrus_TCATT", "", "FW"): 0.2, ("", "M1_SMATT", "", "FW"): 0.1},
    ),
}  # fmt: skip
IDS = (
    "Subject", "Patient", "Patient ID", "MRN", "Name", "record_id", "sub", "subj", "Fall-Nr.",
    "Patientennummer", "Proband", "sujet", "participant_id", "Code", "PTID",
)  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_table_as_people_write_it_is_read(name):
    text, expected = RIGHT[name]
    found = values(text)
    assert {key: value for key, value in found.items() if key[-1] != "unknown"} == expected


@pytest.mark.parametrize("header", IDS)
def test_studies_are_found_by_the_usual_names_of_ids(header):
    assert values(f"{header},pSN_FW,MCP_FW\nS1,.2,.1\nS2,.3,.15\n") == MANY


@pytest.mark.parametrize("study", ["SD01", "N02", "Mean3", "STD-1", "max 7"])
def test_ids_like_words_of_summaries_stay_studies(study):
    text = f"Subject,pSN_FW,MCP_FW\n{study},.2,.1\nS2,.3,.15\nMean,.25,.12\nSD,.05,.02\n"
    assert list(read(text).ids) == [study, "S2"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("summary rows", "rows of summaries left out: Mean, SD"),
        ("a footer", "lines around the table left out: Made by X, version 2"),
        ("one cell with a comma", "written with another decimal mark (1): pSN FW '0,2' in line 2"),
    ],
)
def test_what_was_left_out_or_changed_is_named(name, says):
    assert says in read(RIGHT[name][0]).warnings[0]


def test_studies_without_a_name_are_reported():
    (first, _) = read("pSN_FW,MCP_FW\n.2,.1\n.3,.1\n").warnings
    assert "no column names the studies: they are numbered" in first


def test_a_study_called_max_is_no_summary():
    assert set(read("Name,pSN_FW,MCP_FW\nMax,.2,.1\nMin,.3,.1\n").ids) == {"Max", "Min"}


def test_the_mean_of_one_study_is_its_value():
    file = read("Measure,pSN_FW,MCP_FW\nmean,.2,.1\nSD,.01,.02\n")
    assert file.values.tolist() == [[0.2, 0.1]]


@pytest.mark.parametrize(
    "text",
    [
        "region,FW,FA\npSN,.2,.5\nMC",  # cut off in a name
        "region,FW,FA\npSN,.2,.5\nMCP,.1",  # cut off in a row
        "FW\npSN,.2\nMCP,.1\n\nFA\npSN,.5\nMCP,.6\n",  # two tables
        '{"region": "pSN", "FW": 0.2}',
        "<html><body>Error 502 Bad Gateway</body></html>",
    ],
    ids=["name", "row", "two tables", "JSON", "HTML"],
)
def test_what_is_no_whole_table_is_refused_by_name(text):
    with pytest.raises(AidpError, match=r"aidp.csv, line \d+: cannot be read"):
        read(text)


def test_a_number_with_a_group_of_thousands_may_be_either():
    file = read('region,MD\npSN,"1,171.5"\nMCP,"1,234"\nSCP,1100.5\n')
    assert file.values[0, [0, 2]].tolist() == [1171.5, 1100.5]
    assert any("no number (1): MCP MD '1,234'" in text for text in file.warnings[0])
