"""Tokens of ssh_config such as ``%h``, and what may stand for them in a shell command."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from neuroflow.errors import ConfigError

_TOKEN = re.compile(r"%(.)")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SHELL_CHARACTERS = set("'`\"$\\;&<>|(){}")


def expand(text: str, tokens: Mapping[str, str]) -> str:
    """Replace the tokens of a value; an unknown one stays as it is written.

    >>> expand("corkscrew proxy 8080 %h %p 100%%", {"h": "far", "p": "2222"})
    'corkscrew proxy 8080 far 2222 100%'
    """
    known = {"%": "%", **tokens}
    return _TOKEN.sub(lambda found: known.get(found[1], found[0]), text)


def expand_path(text: str, tokens: Mapping[str, str]) -> str:
    """Replace tokens, ``${VARIABLE}`` and ``~`` of a path."""
    text = _VARIABLE.sub(lambda found: os.environ.get(found[1], found[0]), text)
    return os.path.expanduser(expand(text, tokens))  # noqa: PTH111  pathlib raises for ~nobody


def check_shell_safe(host: str, user: str) -> None:
    """Raise an error unless host and user may stand in a shell command.

    A profile may come from a folder that others can write to; its text must never run as a command:
    as ``valid_hostname`` and ``valid_ruser`` in ssh.c of OpenSSH 9.6 (CVE-2023-51385).
    """
    for what, text in (("host", host), ("user", user)):
        is_blank_free = what == "user" or not any(c.isspace() for c in text)
        has_option = text.startswith("-") or re.search(r"\s-", text)
        if (
            has_option
            or not is_blank_free
            or not text.isprintable()
            or _SHELL_CHARACTERS & set(text)
        ):
            raise ConfigError(
                f"The {what} {text!r} cannot be used with the ProxyCommand or Match exec of "
                "ssh_config.",
                why="It has characters that a shell would treat as a command.",
                advice=f"Correct the {what} of the profile, or of the entry in ssh_config.",
            )
