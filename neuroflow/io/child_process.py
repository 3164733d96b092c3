"""The environment of programs that neuroflow starts: this process's, without its secret."""

from __future__ import annotations

import os
from collections.abc import Mapping

PASSPHRASE_VARIABLE = "NEUROFLOW_PASSPHRASE"  # noqa: S105  the name of a variable, no secret


def child_environ(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without the passphrase of the key.

    Examples
    --------
    >>> child_environ({"PATH": "/bin", "NEUROFLOW_PASSPHRASE": "secret"})
    {'PATH': '/bin'}
    """
    given = os.environ if environ is None else environ
    return {name: value for name, value in given.items() if name != PASSPHRASE_VARIABLE}
