"""XML: facts in attributes of the root, and an element with name and value for each result."""

from __future__ import annotations

from xml.parsers import expat  # without entities, which are refused

from neuroflow.models import shortened
from neuroflow.results.reports.draft import Draft
from neuroflow.results.reports.report import Report

NAME = "XML"
_ROOT = "neuropacs"
_ELEMENTS = {"result", "data"}


class _EntityError(ValueError):
    """A document type or entity, of which a report has none."""


def parse(text: str) -> Report | None:
    """Read a report in XML; None for a text that is none."""
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return None
    draft = Draft()
    parser = expat.ParserCreate()
    reader = _Reader(draft)
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(_without_declaration(text), True)
    except (expat.ExpatError, _EntityError, ValueError):
        if not reader.is_report:
            return None
        draft.warn("the XML is damaged; what stands before the damage was read")
    return draft.finish(NAME, text) if reader.is_report else None


class _Reader:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.depth = 0
        self.is_report = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        local = name.rpartition(":")[2]
        if self.depth == 1:
            self.is_report = local.casefold() == _ROOT
        if not self.is_report:
            raise _EntityError(local)
        if self.depth == 1:
            for key, value in attributes.items():
                if not key.startswith("xmlns") and self.draft.take(key, value) is None:
                    self.draft.not_understood(f"{key}={shortened(value)}")
        elif local.casefold() in _ELEMENTS and {"name", "value"} <= attributes.keys():
            key = attributes["name"]
            if self.draft.take(key, attributes["value"]) is None:
                self.draft.not_understood(shortened(key))
            for part in attributes.keys() - {"name", "value"}:
                self._further(key, part, attributes[part])
        else:
            self.draft.not_understood(f"<{shortened(local)}>")

    def _further(self, key: str, part: str, value: str) -> None:
        """Take the sentence of a class, or the controls of a biomarker."""
        name = key if part.casefold() == "info" else key.removeprefix("FW")
        if self.draft.take(f"{name} {part}", value) is None:
            self.draft.not_understood(f"{shortened(key)}.{shortened(part)}")

    def characters(self, text: str) -> None:
        if text.strip():
            self.draft.not_understood(text)

    def refuse(self, *_: object) -> None:
        raise _EntityError


def _without_declaration(text: str) -> bytes:
    """Return a text as UTF-8; its declaration may name the encoding that it had."""
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith("<?xml"):
        text = text.partition("?>")[2]
    return text.encode("utf-8", errors="replace")
