"""The table of rules is complete, and the only place where they are written."""

from __future__ import annotations

import pickle
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.packages import only_study
from support.scans import Scan, write_enhanced, write_mosaic

from neuroflow.errors import OptionError
from neuroflow.models import Study, StudyKind
from neuroflow.studies.acquisition import Acquisition, GradientTable
from neuroflow.studies.diffusion import Gradient, count_directions
from neuroflow.studies.protocol.acquisition_reader import read_acquisition
from neuroflow.studies.protocol.check import check, check_study
from neuroflow.studies.protocol.further_rules import FURTHER_RULES
from neuroflow.studies.protocol.rules import RULES, rules_table
from neuroflow.studies.protocol.waivers import Waiver, apply_waivers

ACQUISITION = Acquisition(kind=StudyKind.DICOM)
FACTS = {
    f"{part.name}.{fact.name}"
    for part in fields(Acquisition)
    if is_dataclass(group := getattr(ACQUISITION, part.name))
    for fact in fields(group)
}
SERVICE = {
    "field_strength": "3 T",
    "repetition_time": "6000–17000 ms",
    "echo_time": "55–104 ms",
    "in_plane": "1.85–2.15 mm",
    "slice_thickness": "2 mm",
    "slice_gap": "0 mm",
    "slices": "64–86",
    "flip_angle": "90 °",
    "b_values": "0 and 1000 s/mm²",
    "b0_images": "at least 2",
    "directions": "at least 30",
}


def test_table_lists_what_the_service_accepts():
    accepted = rules_table().set_index("rule")["accepted"]
    assert {rule: accepted[rule] for rule in SERVICE} == SERVICE


@pytest.mark.parametrize("rule", [*RULES, *FURTHER_RULES], ids=lambda rule: rule.id)
def test_every_rule_is_complete(rule):
    assert rule.parameter
    assert rule.source
    assert rule.advice.endswith(".")
    assert rule.fact in FACTS or not rule.fact


def test_rule_ids_are_unique():
    names = [rule.id for rule in (*RULES, *FURTHER_RULES)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", [StudyKind.DICOM, StudyKind.NIFTI])
def test_unknown_facts_never_pass_silently(kind):
    findings = {rule.id: rule.check("P", Acquisition(kind=kind)) for rule in RULES}
    told = {name for name, finding in findings.items() if finding is not None}
    assert set(SERVICE) | {"age", "sex"} <= told


@given(
    st.lists(
        st.tuples(*[st.floats(-1, 1, allow_nan=False)] * 3).filter(
            lambda v: sum(x * x for x in v) > 0.01
        ),
        max_size=12,
    )
)
def test_reversed_directions_count_the_same(vectors):
    straight = [Gradient(1000.0, vector) for vector in vectors]
    mirrored = [Gradient(1000.0, (-x, -y, -z)) for x, y, z in vectors]
    assert count_directions(straight) == count_directions(straight + mirrored)
    assert count_directions(straight) <= len(vectors)


def directions(*, weighted, axes, declared=None):
    """Check a study by the numbers of its directions."""
    table = GradientTable(n_encoded=weighted, n_directions=axes, n_declared=declared)
    facts = Acquisition(kind=StudyKind.DICOM, fingerprint="a", gradients=table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neuroflow.studies.protocol.check.read_acquisition", lambda _: facts)
        found = check_study(Study("P", StudyKind.DICOM, Path(), ()))
    return {f.rule: (f.severity, f.measured) for f in found if "directions" in f.rule}


def test_axes_that_lie_close_are_a_warning_with_both_numbers():
    assert directions(weighted=32, axes=27, declared=33) == {
        "distinct_directions": ("warning", "27 axes of 32 weighted volumes")
    }


def test_too_few_weighted_volumes_are_one_error():
    assert directions(weighted=20, axes=20, declared=20) == {"directions": ("error", "20")}


def test_too_few_directions_are_an_error_despite_enough_volumes():
    assert directions(weighted=32, axes=32, declared=15) == {"declared_directions": ("error", "15")}


def test_enough_directions_have_no_finding():
    assert directions(weighted=30, axes=30) == {}


def test_overridden_error_is_a_warning_with_the_reason(tmp_path):
    write_mosaic(tmp_path, Scan(header={"EchoTime": 108}))
    study = only_study(tmp_path)
    findings = check([study])
    aside = apply_waivers(findings, [Waiver(study.label, "echo_time", "Agreed with the vendor.")])
    assert findings["severity"].tolist() == ["error", "note"]
    assert aside["severity"].tolist() == ["warning", "note"]
    assert "Agreed with the vendor." in aside["advice"][0]


@pytest.mark.parametrize(
    ("rule", "reason"), [("echo_time", " "), ("no_such_rule", "why"), ("readable", "why")]
)
def test_override_needs_a_reason_and_an_overridable_rule(rule, reason):
    with pytest.raises(OptionError):
        Waiver("P", rule, reason)


def test_deep_check_agrees_with_the_headers(tmp_path):
    pytest.importorskip("dcm2niix")
    write_mosaic(tmp_path, Scan(n_slices=9, n_directions=6, size=8))
    table = check([only_study(tmp_path)], deep=True)
    assert "conversion" not in table["rule"].tolist()


def test_deep_check_finds_what_headers_do_not_show(tmp_path):
    pytest.importorskip("dcm2niix")
    # Without dimension indices converters do not tell the volumes of an enhanced image apart.
    write_enhanced(tmp_path, Scan(n_slices=4, n_directions=6, size=8))
    table = check([only_study(tmp_path)], deep=True).set_index("rule")
    assert "conversion" in table.index


def test_facts_of_a_study_survive_pickling(tmp_path):
    write_mosaic(tmp_path, Scan(n_slices=4, n_directions=6, size=8))
    facts = read_acquisition(only_study(tmp_path))
    assert facts.geometry.n_slices == 4
    assert pickle.loads(pickle.dumps(facts)) == facts


def test_reasons_of_unknown_facts_name_facts(tmp_path):
    write_mosaic(tmp_path, Scan(n_slices=4, n_directions=6, size=8, header={"PatientSex": "O"}))
    facts = read_acquisition(only_study(tmp_path))
    assert set(facts.unknown_reasons) == {"demographics.sex"} <= FACTS
