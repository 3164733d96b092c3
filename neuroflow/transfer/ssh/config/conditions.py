"""Conditions of ssh_config: Host patterns, and the criteria of Match."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Sequence

from neuroflow.io import child_environ, local_user
from neuroflow.transfer.ssh.config.lines import Line
from neuroflow.transfer.ssh.config.tokens import check_shell_safe, expand

EXEC_SECONDS = 15.0
"""How long the command of a ``Match exec`` may take."""

_ALONE = {"all", "canonical", "final"}
_SESSION = "subsystem"  # of the kinds of session that sessiontype knows


def matches_host(name: str, patterns: Sequence[str]) -> bool:
    """Check a name against the patterns of a Host line; one with ``!`` excludes."""
    if any(pattern.startswith("!") and _is_like(name, pattern[1:]) for pattern in patterns):
        return False
    return any(_is_like(name, pattern) for pattern in patterns)


class Conditions:
    """The criteria of Match lines for one host."""

    def __init__(
        self, name: str, user: str, values: dict[str, str], notes: dict[str, None]
    ) -> None:
        self._name = name
        self._user = user
        self._values = values
        self._notes = notes
        self._exec: dict[str, bool] = {}
        self.is_final = False
        self.has_final = False

    def hold(self, line: Line) -> bool:
        """Check whether all criteria of a Match line hold, in their order."""
        try:
            words = shlex.split(line.value, comments=True)
        except ValueError as error:
            self._ignore(line, f"{error}")
            return False
        while words:
            word = words.pop(0)
            is_negated = word.startswith("!")
            criterion, is_joined, value = word.lstrip("!").partition("=")
            criterion = criterion.lower()
            if criterion not in _ALONE and not is_joined:
                if not words:
                    self._ignore(line, f"{criterion} has no value")
                    return False
                value = words.pop(0)
            holds = self._holds(criterion, value)
            if holds is None:
                self._ignore(line, f"Match {criterion} is not supported")
                return False
            if holds is is_negated:
                return False
        return True

    def _holds(self, criterion: str, value: str) -> bool | None:
        """Check one criterion; None where it is not supported."""
        here = local_user()
        texts = {
            "host": self._values.get("hostname", self._name).lower(),
            "originalhost": self._name,
            "user": self._user or self._values.get("user", here),
            "localuser": here,
            "sessiontype": _SESSION,
        }
        if criterion in texts:
            return matches_host(texts[criterion], value.split(","))
        if criterion == "exec":
            return self._runs(value)
        if criterion == "final":
            self.has_final = True
            return self.is_final
        return {"all": True, "canonical": False}.get(criterion)

    def _runs(self, command: str) -> bool | None:
        """Run the command of a Match exec, as OpenSSH does: it is the user's own file."""
        if os.name != "posix":
            return None
        host = expand(self._values.get("hostname", self._name), {"h": self._name})
        user = self._user or self._values.get("user", local_user())
        check_shell_safe(host, user)
        check_shell_safe(self._name, user)
        port = self._values.get("port", "22")
        tokens = {"h": host, "n": self._name, "p": port, "r": user, "u": local_user()}
        text = expand(command, tokens)
        if text not in self._exec:
            try:
                done = subprocess.run(  # noqa: S603  configured in the user's own file
                    ["/bin/sh", "-c", text],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=EXEC_SECONDS,
                    env=child_environ(),
                    check=False,
                )
            except (subprocess.TimeoutExpired, OSError):
                return False
            self._exec[text] = done.returncode == 0
        return self._exec[text]

    def _ignore(self, line: Line, why: str) -> None:
        self._notes[f"{line.place[0].upper()}{line.place[1:]} is not used: {why}."] = None


def _is_like(text: str, pattern: str) -> bool:
    """Match a pattern of ssh_config, in which only ``*`` and ``?`` are special."""
    body = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(body, text, re.IGNORECASE | re.DOTALL) is not None
