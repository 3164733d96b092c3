"""Labels of groups: the names of controls, and slips in writing them."""

import pytest

from neuroflow.errors import OptionError
from neuroflow.matrix.controls import (
    diagnosis,
    group_order,
    is_control,
    match_labels,
    resolve_reference,
    similar_labels,
)

CONTROLS = [
    "Control", "controls", "HC", "HV", "NC", "CN", "CTL", "CON", "Healthy", "Healthy Control",
    "Healthy_Controls", "healthy-volunteers", "Normal", "Normal  Control", "normal controls",
    "Kontrolle", " hc ",
]  # fmt: skip


@pytest.mark.parametrize("label", CONTROLS)
def test_usual_names_of_controls_are_known(label):
    assert is_control(label)
    assert diagnosis(label) == "Control"
    assert resolve_reference("auto", ["PD", label]) == label


@pytest.mark.parametrize("label", ["PD", "Case", "Uncontrolled", "HCC", ""])
def test_other_labels_are_no_controls(label):
    assert not is_control(label)
    assert diagnosis(label) == label


def test_controls_come_first_whatever_their_name():
    assert group_order(["PSP", "Healthy Controls", "ET"]) == ["Healthy Controls", "PSP", "ET"]


def test_auto_without_controls_finds_no_reference():
    assert resolve_reference("auto", ["PD", "PSP"]) is None


def test_a_group_called_auto_can_be_the_reference():
    assert resolve_reference("auto", ["auto", "Control"]) == "auto"


@pytest.mark.parametrize("given", ["healthy controls", "HEALTHY_CONTROLS", " Healthy Controls"])
def test_labels_match_whatever_their_case_and_blanks(given):
    assert match_labels("group", [given], ["Healthy Controls", "PD"]) == ["Healthy Controls"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("Control", "HC"), ("Parkinsn", "Parkinson")],
)
def test_unknown_labels_are_refused_with_a_suggestion(given, meant):
    with pytest.raises(OptionError, match=f"no group {given}. Did you mean {meant}\\?"):
        match_labels("group", [given], ["HC", "Parkinson"])


def test_labels_without_a_likeness_are_refused_without_suggestion():
    with pytest.raises(OptionError) as caught:
        match_labels("group", ["XYZ"], ["HC", "PD"])
    assert caught.value.why == ""
    assert caught.value.advice == "The groups are HC, PD."


def test_a_label_written_in_two_ways_is_not_guessed():
    with pytest.raises(OptionError, match="Did you mean PD or pd"):
        match_labels("group", ["Pd"], ["PD", "pd"])


def test_labels_that_may_mean_the_same_are_found():
    assert similar_labels(["PD", "pd", "HC", "Control", "MSA"]) == [("Control", "HC"), ("PD", "pd")]
    assert similar_labels(["Control", "PD", "PSP"]) == []
