"""Studies in sentences: their labels, with the ids under which their folders are found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from neuroflow.errors import NeuroflowError
from neuroflow.wording import named_study

_ID = re.compile(r"(?<![\w/\\.-])[\w-]+(?![\w/\\-]|\.\w)")
"""A word that may be an id, and no part of a path."""


def with_labels(text: str, labels: Mapping[str, str]) -> str:
    """Name each study whose id stands in a text by its label, too.

    >>> with_labels("Study 8b1f has failed: see 8b1f_out.", {"8b1f": "D001_01"})
    'Study D001_01 (8b1f) has failed: see 8b1f_out.'
    """
    return _ID.sub(lambda found: named_study(found[0], labels.get(found[0], "")), text)


@contextmanager
def labelled(labels: Callable[[], Mapping[str, str]]) -> Iterator[None]:
    """Add the label of its study to an error raised inside."""
    try:
        yield
    except NeuroflowError as error:
        add_label(error, labels)
        raise


def add_label(error: BaseException | None, labels: Callable[[], Mapping[str, str]]) -> None:
    """Add the label of its study to an error that names only the id."""
    if isinstance(error, NeuroflowError) and error.study_id and not error.label:
        error.label = labels().get(error.study_id, "")
