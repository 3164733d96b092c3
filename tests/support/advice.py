"""What errors advise."""

import pytest


def advice(error, call):
    """Return the advice of the error that a call raises."""
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert caught.value.advice
    return caught.value.advice
