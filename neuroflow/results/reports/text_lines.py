"""Text of 2024, of 2025 and of the instructions for use: one ``Key:value`` per line."""

from __future__ import annotations

from neuroflow.results.reports.draft import Draft
from neuroflow.results.reports.keys import MAX_KEY, REMARK, SENTENCE, Key
from neuroflow.results.reports.report import Report

NAME = "text"
_KEY_WORDS = 5  # a text with more before its colon is a sentence


def parse(text: str) -> Report:
    """Read each line by its key; a line without one continues a sentence."""
    draft = Draft()
    last: Key | None = None
    wrapped: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        found = draft.take(key, value) if colon and len(key) <= MAX_KEY else None
        if found is not None:
            _join(draft, last, wrapped)
            last, wrapped = found, []
        elif last is not None and last.kind in {SENTENCE, REMARK} and _is_prose(key, colon):
            wrapped.append(line.strip())
            draft.understood += 1
        else:
            draft.not_understood(line)
    _join(draft, last, wrapped)
    return draft.finish(NAME, text)


def _is_prose(key: str, colon: str) -> bool:
    """Check for a line that goes on with a sentence, rather than having an unknown key."""
    return not colon or len(key) > MAX_KEY or len(key.split(" ", _KEY_WORDS)) > _KEY_WORDS


def _join(draft: Draft, last: Key | None, wrapped: list[str]) -> None:
    if wrapped and last is not None and last.kind == SENTENCE:
        draft.sentences[last.name] = " ".join([draft.sentences[last.name], *wrapped])
