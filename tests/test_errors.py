import inspect
import pickle
import re
import tomllib
from pathlib import Path

import pytest

from neuroflow import errors

ROOT = Path(__file__).parent.parent

ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.NeuroflowError)
]


@pytest.mark.parametrize("kind", ALL)
def test_an_error_survives_the_way_back_from_a_worker_process(kind):
    error = kind("What.", why="Why.", advice="Do.", study_id="s1")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error) == f"Study s1: What. Why. Do. [{kind.anchor}]"


def test_the_errors_page_has_one_section_per_error():
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^## (.+)$", page, re.MULTILINE)) == sorted(k.anchor for k in ALL)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_its_meaning_causes_and_advice(kind):
    text = errors.explain(kind.anchor)
    assert text == errors.explain(kind.__name__) == errors.explain(f"[{kind.anchor}]")
    paragraphs = text.split("\n\n")
    assert paragraphs[0] == f"## {kind.anchor}"
    assert paragraphs[1].startswith(f"`{kind.__name__}`: ")
    assert [p.split(":")[0] for p in paragraphs[2:]] == ["Usual causes", "What to do"]


def test_an_exit_code_on_the_page_is_the_real_one():
    for kind in ALL:
        for code in re.findall(r"exit\s+code (\d+)", errors.explain(kind.anchor)):
            assert int(code) == kind.exit_code, kind.__name__


def test_asking_for_an_error_that_is_none_lists_them():
    with pytest.raises(errors.OptionError, match="host-key-changed"):
        errors.explain("no-such-thing")


def test_a_host_key_error_carries_its_fingerprint_home():
    error = errors.HostKeyUnknownError("What.", fingerprint="SHA256:abc")
    assert pickle.loads(pickle.dumps(error)).fingerprint == "SHA256:abc"


def test_the_drawn_tree_is_the_real_one():
    drawn = {
        line.split("─ ")[1].split()[0]: line.index("─ ")
        for line in errors.__doc__.splitlines()
        if "─ " in line
    }
    assert set(drawn) == {kind.__name__ for kind in ALL} - {"NeuroflowError"}
    for kind in ALL:
        parent = kind.__bases__[0].__name__
        if parent in drawn and kind.__name__ in drawn:
            assert drawn[parent] < drawn[kind.__name__], f"{kind.__name__} is drawn at its parent"


def test_branches_of_the_tree_have_exit_codes_of_their_own():
    branches = [kind for kind in ALL if kind.__bases__ == (errors.NeuroflowError,)]
    codes = [kind.exit_code for kind in branches]
    assert len(set(codes)) == len(codes)
    assert not {0, 1, 2, 20, 130} & set(codes)


WORDED = errors.Wording("Pass only_good=True.", cli="Add --only-good.", form="Tick the box.")


@pytest.mark.parametrize("kind", ALL)
def test_front_ends_get_their_own_words(kind):
    error = kind("What.", advice=WORDED, study_id="s1")
    assert str(error) == f"Study s1: What. Pass only_good=True. [{kind.anchor}]"
    assert error.worded_for("cli").message == "Study s1: What. Add --only-good."
    assert error.worded_for("form").message == "Study s1: What. Tick the box."
    assert type(error.worded_for("form")) is kind


def test_what_and_why_have_wordings_as_well():
    error = errors.OptionError(
        errors.Wording("No ax.", cli="No --ax."), why=errors.Wording("x=1.", form="x is 1.")
    )
    assert error.worded_for("cli").message == "No --ax. x=1."
    assert error.worded_for("form").message == "No ax. x is 1."
    assert error.worded_for("cli").args == ("No --ax.",)


def test_a_wording_left_out_is_pythons():
    text = errors.Wording("Do.")
    assert (text, text.cli, text.form) == ("Do.", "Do.", "Do.")


def test_wordings_survive_pickling_inside_an_error():
    again = pickle.loads(pickle.dumps(errors.OptionError("What.", advice=WORDED)))
    assert str(again).endswith("Pass only_good=True. [option]")
    assert again.worded_for("cli").advice == "Add --only-good."
    assert again.worded_for("form").advice == "Tick the box."


def test_a_plain_advice_reads_alike_everywhere():
    error = errors.HostKeyUnknownError("What.", advice="Do.", fingerprint="SHA256:abc")
    assert error.worded_for("cli").message == error.message == "What. Do."
    assert error.worded_for("cli").fingerprint == "SHA256:abc"


def test_messages_advise_packages_by_their_own_names():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    known = {
        re.split(r"[><=\[]", text)[0]
        for texts in extras["optional-dependencies"].values()
        for text in texts
    }
    code = "".join(path.read_text("utf-8") for path in (ROOT / "neuroflow").rglob("*.py"))
    advised = {
        name for names in re.findall(r"pip install ([^.;`\n]*)", code) for name in names.split()
    }
    advised = {name.strip("\"',)") for name in advised}
    assert {"openpyxl", "python-docx", "apprise"} <= advised <= known
