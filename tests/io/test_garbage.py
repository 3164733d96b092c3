"""The search for garbage pauses, and goes on after the last pause."""

import gc
import threading

import pytest

from neuroflow.io import garbage_stays


def test_the_search_goes_on_after_the_outermost_pause():
    with garbage_stays():
        with garbage_stays():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_search_goes_on_after_an_error():
    with pytest.raises(ValueError, match="inside"), garbage_stays():
        raise ValueError("inside")
    assert gc.isenabled()


def test_a_search_that_a_user_switched_off_stays_off():
    gc.disable()
    try:
        with garbage_stays():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_pauses_of_two_threads_may_overlap():
    inside, leave = threading.Event(), threading.Event()

    def pause():
        with garbage_stays():
            inside.set()
            leave.wait(20)

    other = threading.Thread(target=pause)
    with garbage_stays():
        other.start()
        assert inside.wait(20)
    assert not gc.isenabled()
    leave.set()
    other.join(20)
    assert gc.isenabled()
