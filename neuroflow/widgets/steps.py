"""The tabs as steps: the state of each form in a word or two, with its tone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from neuroflow.ledger import SENT, State
from neuroflow.widgets.cohort import EXCLUDED, READY, UNCHECKED, WARNINGS, CohortModel
from neuroflow.widgets.cohort import SENT as COHORT_SENT
from neuroflow.widgets.connect import ConnectModel
from neuroflow.widgets.results import ResultsModel, tone_of
from neuroflow.widgets.submit import SubmitModel
from neuroflow.wording import counted

Chip = tuple[str, str]
"""A tone and a word."""
TO_DO: Chip = ("", "to do")
LATER: Chip = ("", "later")
LOADING: Chip = ("", "loading")


def step_of(name: str, form: Any, *, is_locked: bool, is_loaded: bool) -> Chip:
    """Return the state of a form; what is not known counts for nothing."""
    if form.busy:
        return ("warn", "paused") if form.paused else ("wait", "working")
    if form.problems:
        return "bad", counted(len(form.problems), "error", "errors")
    if is_locked:
        return LATER
    return _STATES[name][0](form) if is_loaded else LOADING


def traits_of(name: str) -> list[str]:
    """Return the traits of a form on which its state depends."""
    return ["busy", "paused", "problems", "tone", *_STATES[name][1]]


def _connect(model: ConnectModel) -> Chip:
    if model.tone == "good":
        return "good", "connected"
    if model.shown_keys and not model.pinned_keys:
        return "warn", "to confirm"  # a first connection is no failure
    if model.tone == "bad":
        return "bad", "failed"
    if model.tone == "warn":
        return "warn", "to confirm"
    return ("", "not tested") if model.profiles else TO_DO


def _cohort(model: CohortModel) -> Chip:
    states = Counter(model.studies["state"])
    total = sum(states.values()) - states[EXCLUDED]
    if not total:
        return TO_DO
    if states[COHORT_SENT] == total:
        return "good", f"{total} sent"
    if states[UNCHECKED] == total:
        return "warn", UNCHECKED
    ready = states[READY] + states[WARNINGS] + states[COHORT_SENT]
    return "good" if ready == total else "warn", f"{ready} of {total} ready"


def _submit(model: SubmitModel) -> Chip:
    states = Counter(model.rows["state"])
    total = sum(states.values()) - states[EXCLUDED]
    sent = sum(states[state] for state in SENT)
    if not total:
        return TO_DO
    if model.tone == "bad":
        return "bad", "failed"
    if sent == total:
        return "good", f"{sent} sent"
    if sent:
        return "warn", f"{sent} of {total} sent"
    return ("", "plan ready") if model.plan_text else TO_DO


def _results(model: ResultsModel) -> Chip:
    counts = {state: n for state, n in model.counts if state != State.PACKAGED}
    total, collected = sum(counts.values()), counts.get(State.COLLECTED, 0)
    if not total:
        return TO_DO
    of_tone = Counter[str]()
    for state, n in counts.items():
        of_tone[tone_of(state)] += n
    if of_tone["bad"]:
        return "bad", f"{of_tone['bad']} failed"
    if collected == total:
        return "good", f"{total} collected"
    if ready := counts.get(State.DELIVERED, 0):
        return "wait", f"{ready} to collect"
    return "warn" if of_tone["warn"] else "wait", f"{collected} of {total} collected"


_STATES: dict[str, tuple[Callable[[Any], Chip], tuple[str, ...]]] = {
    "connect": (_connect, ("profiles", "shown_keys", "pinned_keys")),
    "cohort": (_cohort, ("studies",)),
    "submit": (_submit, ("rows", "plan_text")),
    "results": (_results, ("counts",)),
    "explore": (lambda _: ("", "ready"), ()),
}
"""The state of each form, and the traits on which it depends besides those of all forms."""
