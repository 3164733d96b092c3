import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroflow.contract import (
    check_cohort_id,
    check_study_id,
    result_study_id,
    safe_name,
    upload_path,
)
from neuroflow.errors import IdError

BAD_IDS = {
    "": "empty",
    "a/b": "'/'",
    "../up": "'/'",
    "..": "'..'",
    "a..b": "'..'",
    "end.": "ends with a dot",
    "two words": "' '",
    "back\\slash": r"'\\\\'",
    "-option": "starts with '-'",
    ".hidden": "starts with '.'",
    "x" * 300: "300 characters",
    "Kohörte": "outside ASCII",
    "new\nline": r"'\\n'",
    "nul": "device",
    "com1.x": "device",
}


@pytest.mark.parametrize("text", BAD_IDS)
def test_bad_cohort_ids_are_refused_with_their_reason(text):
    with pytest.raises(IdError, match=BAD_IDS[text]) as caught:
        check_cohort_id(text)
    assert "letters, digits" in caught.value.advice


@given(st.text(max_size=120))
def test_an_accepted_id_is_one_plain_part_of_a_path(text):
    try:
        path = upload_path(check_cohort_id(text), "s")
    except IdError:
        return
    assert path.parts == ("input", text, "input", "s.zip")
    assert text.isascii()
    assert text.isprintable()


def test_study_ids_follow_the_same_rule():
    with pytest.raises(IdError, match="study id"):
        check_study_id("../../x")


def test_result_folders_belong_to_the_study_before_the_suffix():
    assert result_study_id("abc_out") == result_study_id("abc") == "abc"
    with pytest.raises(IdError):
        result_study_id("_out")


@pytest.mark.parametrize("name", ["aidp.csv", "prediction.png", "Bericht über alles.txt", "a b"])
def test_plain_names_are_safe(name):
    assert safe_name(name) == name


HOSTILE = [
    "",
    ".",
    "..",
    "a/b",
    "a\\b",
    ".ssh",
    "a\nb",
    "a\x00b",
    "a\x9bb",
    "C:x",
    "con",
    "NUL.txt",
]
HOSTILE += ["end ", "end.", "x" * 250, "\udcff", "a*b", "/etc/passwd", "COM1"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused_and_not_repeated(name):
    with pytest.raises(IdError) as caught:
        safe_name(name)
    assert len(name) < 5 or name not in str(caught.value)


@given(st.text(max_size=300))
def test_a_safe_name_stays_in_its_folder(tmp_path_factory, name):
    try:
        safe_name(name)
    except IdError:
        return
    folder = tmp_path_factory.getbasetemp()
    assert (folder / name).parent == folder
