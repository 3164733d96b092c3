import inspect
import pickle

import pytest

from neuroflow import errors

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
    assert str(again) == str(error) == "Study s1: What. Why. Do."


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
