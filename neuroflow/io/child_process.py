"""How neuroflow starts other programs: their environment, and the command of Jupyter's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

PASSPHRASE_VARIABLE = "NEUROFLOW_PASSPHRASE"  # noqa: S105  the name of a variable, no secret


def child_environ(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment without the passphrase of the key.

    >>> child_environ({"PATH": "/bin", "NEUROFLOW_PASSPHRASE": "secret"})
    {'PATH': '/bin'}
    """
    given = os.environ if environ is None else environ
    return {name: value for name, value in given.items() if name != PASSPHRASE_VARIABLE}


def jupyter_command(module: str) -> list[str]:
    """Return the command that runs a Jupyter program, without seconds of imports."""
    # Whatever reads notebooks imports jsonschema, and that compiles a grammar of international
    # addresses 38 times as it is imported; notebooks hold none. Without that module, jsonschema
    # omits the check of such addresses (python-jsonschema/jsonschema, issue 1392 and pull request
    # 1521).
    code = "import runpy, sys; sys.modules['rfc3987_syntax'] = None"
    return [sys.executable, "-c", f"{code}; runpy.run_module({module!r}, run_name='__main__')"]
