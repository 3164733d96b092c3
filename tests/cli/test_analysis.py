"""From a cohort table to files: table, export, compare, plot."""

import json

import pandas as pd
import pytest

import neuroflow as nf
from neuroflow import __version__
from neuroflow.cli.commands.analysis.plot import kinds
from neuroflow.cli.commands.results.table import FORMATS
from neuroflow.compare.groups import ANY_DIFFERENCE, EFFECT_COLUMNS, compare_groups
from neuroflow.plot import FIGURES
from neuroflow.results.table.cohort_table import read_results


def computation(file):
    """Return what a file tells of how it was computed, as texts."""
    if file.suffix in (".csv", ".tsv"):
        facts = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))["Computation"]
    elif file.suffix == ".parquet":
        facts = pd.read_parquet(file).attrs
    else:
        facts = pd.read_excel(file, sheet_name="computation").set_index("fact")["value"]
    return {name: str(value) for name, value in facts.items()}


@pytest.mark.parametrize("ending", FORMATS)
def test_a_comparison_in_a_file_says_how_it_was_computed(run, table_file, tmp_path, ending):
    target = tmp_path / f"effects.{ending}"
    words = ("--reference", "Control", "--covariates", "age,sex", "--metric", "FW")
    code, out, _ = run("compare", table_file, *words, "--to", target)
    assert code == 0
    assert "adjusted for age and sex" in out
    facts = computation(target)
    assert facts["model"] == "value ~ group + age + C(sex)"
    assert (facts["method"], facts["correction"], facts["neuroflow"]) == (
        "linear",
        "bh",
        __version__,
    )
    assert " ".join(facts["methods"].split()) in " ".join(out.split())
    assert "Benjamini-Hochberg" in facts["methods"]


def test_the_command_and_the_api_compute_the_same(run, table_file, tmp_path):
    target = tmp_path / "effects.parquet"
    words = ("--contrasts", "MSA+PSP - PD,PSP - MSA", "--method", "welch", "--correction", "holm")
    assert run("compare", table_file, *words, "--family", "contrast", "--to", target)[0] == 0
    ours = compare_groups(
        pd.read_parquet(table_file),
        contrasts=["MSA+PSP - PD", "PSP - MSA"],
        method="welch",
        correction="holm",
        family="contrast",
    )
    theirs = pd.read_parquet(target)[list(EFFECT_COLUMNS)]
    pd.testing.assert_frame_equal(theirs, ours, check_dtype=False, check_categorical=False)


def contrasts_in(run, table_file, *words):
    code, out, err = run("compare", table_file, "--metric", "FW", *words, "--json")
    assert code == 0, err
    return {row["contrast"] for row in json.loads(out)["effects"]}


def test_the_published_contrasts_and_any_difference_too_or_alone(run, table_file):
    planned = compare_groups(pd.read_parquet(table_file), contrasts="planned", metric="FW")
    published = set(planned["contrast"])
    assert contrasts_in(run, table_file, "--contrasts", "planned") == published
    words = ("--contrasts", "planned", "--omnibus", "yes")
    assert contrasts_in(run, table_file, *words) == published | {ANY_DIFFERENCE}
    assert contrasts_in(run, table_file, "--omnibus", "only") == {ANY_DIFFERENCE}
    code, out, err = run("compare", table_file, "--metric", "FW", "--omnibus", "only")
    assert (code, ANY_DIFFERENCE in out) == (0, True), err


@pytest.mark.parametrize("ending", ["docx", "tex", "md", "xlsx"])
def test_the_table_of_the_paper(run, table_file, tmp_path, ending):
    target = tmp_path / f"paper.{ending}"
    assert run("compare", table_file, "--metric", "FW", "--paper", target)[0] == 0
    assert target.stat().st_size > 1000


def test_a_comparison_for_scripts(run, table_file):
    code, out, _ = run("compare", table_file, "--reference", "Control", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["model"]["groups"]["Control"] == 12
    assert set(answer["effects"][0]) == set(EFFECT_COLUMNS)


REQUIRED = {
    "region": ("--regions", "pSN"),
    "study_id": ("--study", "study0000"),
    "score": ("--score", "age"),
}
CHOSEN = {
    "strip": ("--regions", "pSN,Putamen", "--groups", "Control,PSP"),
    "raincloud": ("--regions", "pSN", "--visit", "first"),
    "forest": ("--reference", "Control", "--regions", "pSN,SCP"),
    "volcano": ("--contrasts", "PSP - Control"),
    "calibration": ("--score", "p_psp", "--positive", "PSP"),
}


@pytest.mark.parametrize(
    "kind", sorted({*kinds()} - {"bland_altman", "trajectory", "change_profile"})
)
def test_every_figure_is_drawn_with_its_caption(run, table_file, tmp_path, kind):
    target = tmp_path / f"{kind}.png"
    words = [word for name in FIGURES[kind].missing({}) for word in REQUIRED[name]]
    words += CHOSEN.get(kind, ())
    code, out, err = run("plot", kind, table_file, "--to", target, "--caption", *words, "--dpi", 60)
    assert code == 0, err
    assert target.read_bytes().startswith(b"\x89PNG")
    words = target.with_suffix(".txt").read_text().strip()
    assert words
    assert words in out.replace("\n", " ")


def test_visits_are_drawn_over_time(run, table_file, tmp_path):
    first = pd.read_parquet(table_file)
    second = first.assign(age=first["age"] + 1, session_id="2", study_id=first["study_id"] + "b")
    pd.concat([first, second]).to_parquet(tmp_path / "visits.parquet")
    target = tmp_path / "trajectory.svg"
    words = ("--regions", "pSN", "--to", target)
    code, out, err = run("plot", "trajectory", tmp_path / "visits.parquet", *words)
    assert code == 0, err
    assert str(target) in out
    code, _, err = run("plot", "forest", tmp_path / "visits.parquet", "--to", target)
    assert (code, "--visit first" in err) == (10, True), err


def test_a_dark_figure_with_a_note_goes_to_several_files(run, table_file, tmp_path):
    svg, pdf = tmp_path / "f.svg", tmp_path / "f.pdf"
    words = ("--regions", "pSN", "--theme", "dark", "--note", "Simulated data")
    code, out, _ = run("plot", "strip", table_file, "--to", svg, "--to", pdf, *words, "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["files"] == [str(svg), str(pdf)]
    assert "Simulated data" in answer["caption"]
    assert "Simulated data" in svg.read_text()
    assert "#16181d" in svg.read_text().lower()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["plot", "pie", "{table}", "--to", "{tmp}/f.png"], "There is no figure 'pie'"),
        (["plot", "strip", "{table}", "--to", "{tmp}/f.gif"], "cannot be saved as gif"),
        (["plot", "profile", "{table}", "--to", "{tmp}/f.png"], "needs --study"),
        (["plot", "scatter", "{table}", "--to", "{tmp}/f.png"], "needs --score"),
        (["plot", "strip", "{table}", "--to", "{tmp}/f.png", "--groups", "X"], "no group X"),
        (["plot", "strip", "{table}", "--to", "{tmp}/f.png", "--theme", "x"], "no theme 'x'"),
        (["compare", "{table}", "--reference", "X"], "no group X"),
        (["compare", "{table}", "--method", "guess"], "no method 'guess'"),
        (["compare", "{table}", "--paper", "{tmp}/p.md", "--metric", "FW,FAt"], "one metric"),
        (["compare", "{tmp}/none"], "none"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_clear_error(run, table_file, tmp_path, words, says):
    code, _, err = run(*(word.format(table=table_file, tmp=tmp_path) for word in words))
    assert code == 3, err
    assert says in err
    assert "Traceback" not in err


def test_everything_is_exported_and_read_again(run, table_file, tmp_path):
    folder = tmp_path / "export"
    code, out, err = run("export", table_file, folder, "--format", "csv,tsv")
    assert code == 0, err
    assert {path.name for path in folder.iterdir()} >= {
        "cohort_table.csv", "cohort_table.tsv", "cohort_table.json", "wide_FW.csv",
    }  # fmt: skip
    assert str(folder / "wide_FAt.tsv") in out
    before = json.loads(run("table", table_file, "--json")[1])
    after = json.loads(run("table", folder / "cohort_table.tsv", "--json")[1])
    assert after["rows"] == before["rows"]
    assert {row["session_id"] for row in after["table"]} == {"1"}


def test_a_folder_of_results_and_its_facts(run, result_folder, tmp_path):
    code, out, _ = run("export", result_folder, tmp_path / "x", "--format", "csv", "--json")
    assert code == 0
    names = {path.rsplit("/", 1)[-1] for path in json.loads(out)["files"]}
    assert names == {"cohort_table.csv", "wide_FW.csv", "wide_FAt.csv", "studies.csv"}
    assert len(pd.read_csv(tmp_path / "x" / "cohort_table.csv")) == len(read_results(result_folder))


def test_an_aidp_file_is_not_taken_for_a_cohort_table(run, result_folder):
    (file,) = result_folder.rglob("aidp.csv")
    code, out, _ = run("table", file)
    assert code == 0
    assert len(out.splitlines()) == 133


def test_a_schema_file_defines_how_results_are_read(run, tmp_path):
    (tmp_path / "D_out").mkdir()
    (tmp_path / "D_out" / "aidp.csv").write_text("region,level\npSN,0.25\nSCP,0.5\n")
    schema = tmp_path / "schema.toml"
    schema.write_text('value_columns = { level = "FW" }\n')
    code, out, err = run("table", tmp_path, "--schema", schema, "--json")
    assert code == 0, err
    read = [(row["metric"], row["value"]) for row in json.loads(out)["table"]]
    assert read == [("FW", 0.25), ("FW", 0.5)]
    words = ("export", tmp_path, tmp_path / "x", "--schema", schema, "--format", "csv")
    assert run(*words)[0] == 0
    assert pd.read_csv(tmp_path / "x" / "cohort_table.csv")["value"].tolist() == [0.25, 0.5]


@pytest.mark.parametrize("text", ["layout = ", 'layout = "tall"', "colour = 1", None])
def test_what_is_no_schema_is_refused(run, result_folder, tmp_path, text):
    if text is not None:
        (tmp_path / "schema.toml").write_text(text)
    code, _, err = run("table", result_folder, "--schema", tmp_path / "schema.toml")
    assert (code, "Traceback" in err) == (3, False)
    assert "schema" in err


def test_a_cohort_table_takes_no_schema(run, table_file, tmp_path):
    (tmp_path / "schema.toml").write_text("")
    code, _, err = run("table", table_file, "--schema", tmp_path / "schema.toml")
    assert (code, "--schema" in err) == (2, True)


def test_accuracy_prints_methods_and_writes_all_columns(run, table_file, tmp_path):
    to = tmp_path / "accuracy.csv"
    code, out, err = run("accuracy", table_file, "--positive", "PSP", "--metric", "FW", "--to", to)
    assert code == 0, err
    assert "DeLong's variance" in out
    assert {"auc", "sensitivity_ci_low", "lr_positive"} <= set(pd.read_csv(to).columns)


def test_accuracy_of_a_score_takes_a_cutoff(run, table_file):
    words = ("--score", "p_psp", "--positive", "PSP", "--cutoff", "0.5", "--json")
    code, out, err = run("accuracy", table_file, *words)
    assert code == 0, err
    (row,) = json.loads(out)["accuracy"]
    assert row["cutoff"] == 0.5
    assert row["tp"] + row["fn"] == row["n_positive"]


def test_a_cutoff_that_is_a_word_is_refused(run, table_file):
    code, _, err = run("accuracy", table_file, "--cutoff", "best")
    assert code == 3
    assert "Choose a number, youden or none." in err


def test_table_one_is_written_for_a_paper(run, table_file, tmp_path):
    to = tmp_path / "table_1.md"
    code, _, err = run("table-one", table_file, "--columns", "age,sex", "--to", to)
    assert code == 0, err
    assert "| age, mean (SD) |" in to.read_text(encoding="utf-8")


def test_accuracy_refuses_and_leaves_out_impossible_values(run, tmp_path):
    rows = "".join(f"s{i},{'PSP' if i % 2 else 'Control'},0.{i + 1}\n" for i in range(8))
    (tmp_path / "odd.csv").write_text(f"study_id,group,pSN_FW\n{rows}s8,PSP,1.7\n")
    participants = tmp_path / "participants.tsv"
    groups = "".join(f"s{i}\t{'PSP' if i % 2 else 'Control'}\n" for i in range(9))
    participants.write_text(f"participant_id\tgroup\n{groups}")
    words = ("accuracy", tmp_path / "odd.csv", "--participants", participants, "--cutoff", "none")
    code, _, err = run(*words)
    assert code == 3
    assert "--exclude-suspect" in err
    assert run(*words, "--exclude-suspect")[0] == 0
    assert run(*words, "--keep-suspect")[0] == 0


def test_effect_sizes_are_divided_by_the_chosen_sd(run, table_file):
    words = ("compare", table_file, "--covariates", "age", "--metric", "FW", "--json")
    sizes = [
        json.loads(run(*words, "--standardizer", name)[1])["effects"][0]["effect_size"]
        for name in ("residual", "raw")
    ]
    assert abs(sizes[0]) > abs(sizes[1])


def test_areas_of_regions_and_scores_are_compared(run, table_file):
    words = ("compare-auc", table_file, "SCP,pSN,p_psp", "--positive", "PSP", "--json")
    code, out, err = run(*words)
    assert code == 0, err
    rows = pd.DataFrame(json.loads(out)["areas"])
    expected = nf.compare_auc(pd.read_parquet(table_file), ["SCP", "pSN", "p_psp"], positive="PSP")
    assert len(rows) == 3
    assert rows["q"].tolist() == pytest.approx(expected["q"].tolist())
    code, _, err = run("compare-auc", table_file, "SCP")
    assert (code, "Name two scores or more" in err) == (3, True)


def test_a_forest_of_top_regions_is_cut_into_pages(run, table_file, tmp_path):
    words = ("--top", "34", "--columns", "1", "--dpi", "50", "--json")
    target = tmp_path / "forest.png"
    code, out, err = run("plot", "forest", table_file, "--to", target, *words)
    assert code == 0, err
    pages = [str(tmp_path / f"forest_{i}.png") for i in (1, 2)]
    assert json.loads(out)["files"] == pages
    code, _, err = run("plot", "strip", table_file, "--to", target, "--top", "3")
    assert code != 0
    assert "does not use --top" in err


def test_warnings_name_options_of_the_command_line(run, table_file, tmp_path):
    table = pd.read_parquet(table_file)
    table.loc[table.index[0], "value"] = 0.0
    path = tmp_path / "zero.parquet"
    table.to_parquet(path)
    _, _, err = run("compare", path, "--reference", "Control", "--visit", "first")
    assert "--exclude-suspect excludes them; --keep-suspect keeps them" in err


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (("--method", "mannwhitney", "--margin", "0.1"), "Use --method linear or --method welch."),
        (("--correction", "maxt", "--robust", "HC3"), "as --correction holm, or --robust none."),
        (("--method", "welch", "--standardizer", "raw"), "Use --method linear."),
    ],
)
def test_advice_on_options_can_be_typed(run, table_file, words, advice):
    code, _, err = run("compare", table_file, *words)
    assert code == 3
    assert advice in err
