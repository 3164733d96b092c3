"""What the salt of a workspace digests and encrypts."""

import pytest

from neuroflow.workspace.sealed.seal import Seal


@pytest.fixture
def seal():
    return Seal(lambda: 32 * b"x")


def test_a_text_is_read_as_it_was_written(seal):
    assert seal.open(seal.close("was ill")) == "was ill"


def test_a_text_of_before_is_read_as_it_is(seal):
    assert seal.open("of before") == "of before"


def test_a_digest_of_a_digest_is_the_digest(seal):
    assert seal.digest("ab") == seal.digest(seal.digest("ab"))


def test_a_text_is_found_among_digests(seal):
    assert "ab" in seal.among([seal.digest("ab")])
