"""What the command line returns to the shell."""

from __future__ import annotations

INTERRUPTED = 130
"""After Ctrl-C, as shells have it."""
TERMINATED = 143
"""After SIGTERM, as shells have it."""
SOMETHING_LEFT = 20
"""The command succeeded, but studies are left."""
DIFFERS = 21
"""A file holds numbers that are not those of the workspace."""
UNEXPECTED = 70
"""A bug in neuroflow, as in sysexits.h."""
USAGE = 2
"""The command line itself is wrong: an unknown option, a missing argument."""


def exit_codes() -> dict[int, str]:
    """Return the meaning of every exit code, the errors' taken from the tree of errors."""
    from neuroflow.errors import NeuroflowError

    codes = {
        0: "Done.",
        NeuroflowError.exit_code: "Another error.",
        USAGE: "The command line is wrong: an unknown option, a missing argument.",
        SOMETHING_LEFT: "Done, but some studies have errors, were not sent, wait for results, or "
        "newly failed.",
        DIFFERS: "Verified, but numbers in the file are not those of the workspace.",
        UNEXPECTED: "A bug in neuroflow; the message names the log to report.",
        INTERRUPTED: "Stopped by Ctrl-C; run the same command again to continue.",
        TERMINATED: "Stopped by SIGTERM; run the same command again to continue.",
    }
    for branch in NeuroflowError.__subclasses__():
        codes[branch.exit_code] = (branch.__doc__ or "").splitlines()[0]
    return dict(sorted(codes.items()))


def exit_code_lines() -> str:
    """Return the exit codes as the end of ``neuroflow --help``."""
    lines = [f"{code:>4}  {meaning}" for code, meaning in exit_codes().items()]
    return "\n".join(["\b", "Exit codes", *lines])
