"""Readable labels of studies, and what is recorded about them in the words of the forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from neuroflow.widgets.common.progress import Bar
from neuroflow.workspace import COHORTS, CohortStore, Workspace

_BUTTON = "send it again with Retry failed studies"
_WORDS = {
    "sent under this id; submit with replace to send it again": (
        "sent under this id; select the study and prepare a repetition"
    ),
    "submit with replace to send it again": _BUTTON,
    "or submit it with replace": f"or {_BUTTON}",
    "sent again with replace": "sent again",
}
"""The forms have a button for the argument `replace` of `Workspace.submit`."""

_SUBJECT = re.compile(r"^Study [\w-]+: ")  # a message stands beside the label of its study
_BYTES = re.compile(r"^(\d+) of (\d+) bytes$")


def study_labels(ws: Workspace) -> dict[str, str]:
    """Map every `study_id` of a workspace to the label of the study."""
    return CohortStore(ws.folder / COHORTS).labels()


def unique_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the label of each study, with the start of its id where others have the same."""
    often = Counter(labels.values())
    return {
        study: name if often[name] == 1 else f"{name} ({study[:8]})"
        for study, name in labels.items()
    }


def in_form_words(message: str) -> str:
    """Return a message as the forms show it."""
    message = _SUBJECT.sub("", message)
    for words, own in _WORDS.items():
        message = message.replace(words, own)
    return _BYTES.sub(lambda found: Bar("", int(found[1]), int(found[2])).amount, message)
