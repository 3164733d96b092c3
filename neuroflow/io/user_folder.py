"""Where neuroflow keeps what belongs to a person rather than to a project."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

CONFIG_VARIABLE = "NEUROFLOW_CONFIG"
"""The environment variable that names another folder."""


def user_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the user's configuration folder of neuroflow; it may not exist yet.

    >>> user_folder({"NEUROFLOW_CONFIG": "/elsewhere"}).as_posix()
    '/elsewhere'
    """
    named = environ.get(CONFIG_VARIABLE)
    if named:
        return Path(os.path.expanduser(named))  # noqa: PTH111  pathlib raises for ~nobody
    import platformdirs

    return platformdirs.user_config_path("neuroflow", appauthor=False)


def local_user() -> str:
    """Return the name of the user, or the number where it has no name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "user"
