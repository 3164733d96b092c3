"""How the demo encodes its scans."""

import pytest
from pydicom import Dataset

from neuroflow.demo.scans.csa import csa_header
from neuroflow.demo.scans.dicom import item, uid
from neuroflow.demo.scans.encoding import DicomTemplate, element, encoded, sequence
from neuroflow.demo.scans.phantom import gradients, half_sphere


@pytest.fixture
def ds():
    made = Dataset()
    made.PatientID, made.InstanceNumber, made.Rows = "A", 1, 64
    return made


def test_an_element_is_encoded_as_pydicom_does():
    plain = Dataset()
    plain.InstanceNumber = 12
    assert element(0x00200013, "IS", "12") == encoded(plain)


def test_a_sequence_is_encoded_as_pydicom_does():
    whole, part = Dataset(), item(EchoTime=80)
    whole.MREchoSequence = [part]
    assert sequence(0x00189114, [encoded(part)]) == encoded(whole)


def test_a_template_encodes_what_differs(ds):
    template = DicomTemplate(ds, 0x00200013)
    ds.InstanceNumber = 2
    assert template.filled({0x00200013: element(0x00200013, "IS", "2")}) == encoded(ds)


def test_a_uid_depends_on_its_words_alone():
    assert uid("study", 1) == uid("study", 1) != uid("study", 2)


def test_a_csa_header_begins_with_its_format():
    assert csa_header({"B_value": ("IS", [1000])})[:4] == b"SV10"


def test_the_acquisition_has_two_volumes_without_weighting():
    b_values, directions = gradients()
    assert (int((b_values == 0).sum()), directions.shape) == (2, (32, 3))
    assert half_sphere(30).shape == (30, 3)
