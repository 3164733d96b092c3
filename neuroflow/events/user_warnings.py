"""Warnings that name the user's own line, however deep in neuroflow they arise."""

from __future__ import annotations

import contextlib
import functools
import sys
import warnings
from pathlib import Path

import neuroflow
from neuroflow.escaping import visible
from neuroflow.wording import Wording

# Files whose frames are no line of the user's: neuroflow, and what calls it from in between.
_SKIPPED = (
    str(Path(neuroflow.__file__).parent),
    str(functools.__file__),
    str(contextlib.__file__),
)


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn at the first frame outside neuroflow."""
    message = Wording.changed(message, visible)
    if sys.version_info >= (3, 12):
        warnings.warn(message, category, skip_file_prefixes=_SKIPPED)
        return
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_SKIPPED):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
