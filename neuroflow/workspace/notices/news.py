"""News: results, failures and overdue studies, each reported once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from neuroflow.errors import ResultWarning
from neuroflow.events import warn_user
from neuroflow.io import PRIVATE, atomic_write
from neuroflow.ledger import LedgerRow, State

REPORTED = {"newly_collected": State.COLLECTED, "newly_failed": State.FAILED,
            "newly_overdue": State.OVERDUE}  # fmt: skip
"""The attributes of a status table that name studies, and their state."""
_WORDS = {State.FAILED: "has failed", State.OVERDUE: "is overdue"}
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class News:
    """Studies that entered a state since the last report, with what identifies the event."""

    keys: dict[str, str]  # by study id: its state, and when the study was sent
    messages: dict[str, str]

    def of(self, state: State) -> list[str]:
        """Return the studies that entered a state."""
        return [study for study, key in self.keys.items() if key.split()[0] == state]

    @property
    def attributes(self) -> dict[str, list[str]]:
        """The studies by attribute of a status table."""
        return {name: self.of(state) for name, state in REPORTED.items()}

    def sentences(self) -> Iterator[str]:
        """Yield one sentence for every study that failed or is overdue."""
        for state, words in _WORDS.items():
            for study_id in self.of(state):
                yield f"Study {study_id} {words}: {self.messages[study_id]}."

    def notice(self, name: str, waiting: int) -> tuple[str, str]:
        """Return title and text of a notice: counts, and no study or participant."""
        counts = {"new result": State.COLLECTED, "newly failed": State.FAILED,
                  "newly overdue": State.OVERDUE}  # fmt: skip
        parts = []
        for words, state in counts.items():
            count = len(self.of(state))
            many = "s" * (count != 1 and state is State.COLLECTED)
            parts += [f"{count} {words}{many}"] * bool(count)
        rest = f"{waiting} {'study is' if waiting == 1 else 'studies are'} still waiting."
        return f"neuroflow: {name}", f"{', '.join(parts)}. {rest}"


class NewsMemory:
    """Remembers in a file which news was reported, and which was sent as a notice."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def news(self, table: pd.DataFrame, rows: Iterable[LedgerRow], kind: str) -> News:
        """Return what a status table shows and was not remembered as this kind."""
        before = self._read().get(kind, {})
        sent = {row.study_id: row.submitted_at for row in rows}
        wanted = table[table["state"].isin(list(REPORTED.values()))]
        keys, messages = {}, {}
        for row in wanted.itertuples():
            study_id = str(row.study_id)
            key = f"{row.state} {sent.get(study_id)}"
            if study_id in sent and before.get(study_id) != key:
                keys[study_id] = key
                messages[study_id] = str(row.message).rstrip(".")
        return News(keys, messages)

    def remember(self, kind: str, news: News) -> None:
        """Remember news as reported or sent; a failure is a warning only."""
        if not news.keys:
            return
        content = self._read()
        content[kind] = content.get(kind, {}) | news.keys
        try:
            with atomic_write(self._path, mode=PRIVATE, parents=True) as temporary:
                temporary.write_text(json.dumps({"format": _FORMAT} | content), encoding="ascii")
        except OSError as error:
            warn_user(
                f"{self._path} cannot be written ({error.strerror}): the same news will be "
                "reported again.",
                ResultWarning,
            )

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            content = json.loads(self._path.read_text(encoding="ascii"))
            if content.pop("format") != _FORMAT:
                return {}
            return {str(kind): dict(keys) for kind, keys in content.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}
