"""What is kept of a sidecar: measured numbers and words of closed lists, no text beside them."""

import pytest
from support.headers import STRANGE_MAKERS

from neuroflow.studies.sidecar import safe_sidecar


@pytest.mark.parametrize(
    "maker",
    ["SIEMENS", "Siemens Healthineers", "GE MEDICAL SYSTEMS", "GE", "Philips Medical Systems",
     "TOSHIBA_MEC", "CANON_MEC", "UIH", "Bruker BioSpin MRI GmbH"],
)  # fmt: skip
def test_makers_as_scanners_write_them_are_kept(maker):
    assert safe_sidecar({"Manufacturer": maker}) == {"Manufacturer": maker}


@pytest.mark.parametrize("maker", ["Siemens Miller Praxis", "GE Erika", "philips m", "Siemens\nM"])
def test_a_name_beside_the_maker_is_removed(maker):
    assert safe_sidecar({"Manufacturer": maker}) == {"Manufacturer": maker.split()[0]}


@pytest.mark.parametrize("maker", STRANGE_MAKERS)
def test_whoever_makes_no_scanners_is_called_unknown(maker):
    assert safe_sidecar({"Manufacturer": maker}) == {"Manufacturer": "UNKNOWN"}


@pytest.mark.parametrize("maker", ["", "  ", None, 7, ["Erika"], {"name": "Erika"}])
def test_what_is_no_name_of_a_maker_is_removed(maker):
    assert safe_sidecar({"Manufacturer": maker}) == {}


@pytest.mark.parametrize(
    "content",
    [{"SliceTiming": [19450312, 1, 2]}, {"RepetitionTime": 19450312}, {"RepetitionTime": [9, 1]},
     {"AcquisitionDuration": 113355}, {"EchoTime": [0.09, float("nan")]}],
)  # fmt: skip
def test_numbers_that_may_be_dates_are_removed(content):
    assert safe_sidecar(content) == {}


def test_numbers_of_an_acquisition_are_kept():
    content = {"EchoTime": 0.09, "RepetitionTime": 9, "SliceTiming": [0, 0.5], "DwellTime": 3e-06}
    assert safe_sidecar(content) == content
