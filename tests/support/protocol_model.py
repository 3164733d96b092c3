"""A model of the protocol: real decisions, and everything else as small as it can be.

One study, two workspaces, their journals and marks, and one server. A run does its steps in order
and may die after each; all faults of lines, servers, ledgers and clocks may strike, in any order.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from neuroflow.identity import JournalEntry
from neuroflow.ledger import LedgerRow, State
from neuroflow.models import Entry
from neuroflow.transfer.upload.marks import Phase
from neuroflow.transfer.upload.rebuild import REFUSED
from neuroflow.transfer.upload.reconcile import (
    ELSEWHERE,
    NOT_STORED,
    ServerView,
    Verdict,
    reconcile,
)
from neuroflow.transfer.upload.shared_journal import REFUSED_ELSEWHERE, SharedJournal

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SIZE, PART, OTHER = 9, 8, 0
REFUSED_LINE = "refused"
NEW = (State.PACKAGED, "")


class World(NamedTuple):
    """What is on the disks and on the server; pairs are of the two workspaces."""

    ledgers: tuple = (NEW, NEW)  # State and message
    marks: tuple = (None, None)  # Phase of the mark beside the package
    is_behind: tuple = (False, False)  # The ledger lacks the last run
    asks: tuple = (False, False)  # Copied: the next submission asks
    backup: tuple | None = None  # Of the first ledger, and whether nothing ran since
    journals: tuple = (None, None)  # The last line on each computer: state, workspace
    shown: int | None = None  # The size of the file on the server
    lags: bool = False  # The listing does not show it yet
    late: bool = False  # The part of a lost session is still to be stored
    wholes: int = 0  # How often the service received the whole study
    is_spoiled: bool = False  # A part was stored after the whole
    has_results: bool = False


@dataclass(frozen=True)
class Model:
    """Which faults may strike."""

    computers: int = 1  # On two, people do not send one scan from both before there are results
    ledgers: bool = False  # Lost, restored from a backup, rebuilt
    copies: bool = False  # The first workspace is copied over the second one
    lag: bool = False  # Files are listed late
    late: bool = False  # Parts are stored late
    refusals: bool = False  # Writing or closing is refused, or another length is shown
    is_wall_clock: bool = False  # A mistake: waiting by the time of day, which people set
    has_journal: bool = True

    def explore(self):
        """Return every world that can be reached."""
        seen, waiting = {World()}, deque([World()])
        while waiting:
            for world in self.following(waiting.popleft()):
                if world not in seen:
                    seen.add(world)
                    waiting.append(world)
        return seen

    def following(self, w):
        """Return the worlds that may come next."""
        found = []
        for n in (0, 1):
            if self._may_run(w, n):
                found += self.submit(w, n)
                if self.ledgers:
                    found.append(self.rebuild(w, n))
            if self.ledgers:
                found += self._lose(w, n)
        if self.ledgers and w.backup is None:
            found.append(w._replace(backup=(w.ledgers[0], not w.is_behind[0])))
        is_unused = w.ledgers[1] == NEW and w.marks[1] is None and not w.asks[1]
        if self.copies and is_unused and not w.is_behind[0]:
            copied = {"ledgers": w.ledgers[0], "marks": w.marks[0], "asks": True}
            found.append(_with(w, 1, **copied))
        if w.late:
            found.append(_published(w))
        if w.shown is not None:
            found.append(w._replace(shown=None, lags=False))  # taken away
            if self.lag:
                found.append(w._replace(lags=not w.lags))
        if w.wholes and not w.has_results:
            found.append(w._replace(has_results=True))
        return found

    def submit(self, w, n, *, force=False, is_smooth=False):
        """Return what one run may leave, dead or not; only its end if all goes well."""
        out = []
        end = self._submit(w, n, out, force=force, is_smooth=is_smooth)
        return end if is_smooth else [*out, end]

    def _submit(self, w, n, out, *, force, is_smooth):
        """Do what `Submission.submit` and `UploadWorker.handle` do."""
        if w.is_behind[n]:
            return w  # LedgerLostError
        if w.asks[n]:
            if w.wholes:
                return w  # people answer the truth
            w = _with(w, n, asks=False)
        if n == 0 and w.backup is not None and w.backup[1]:
            w = w._replace(backup=(w.backup[0], False))
        out.append(w)
        adopted = self._adopted(w, n)
        if adopted is not None:
            w = _recorded(w, n, *adopted)
            out.append(w)
            if adopted[0] is State.SUBMITTED:
                return w
        decision = _decide(w, n, 0.0, force=force)
        if decision.verdict is Verdict.WAIT:
            if not self.is_wall_clock:  # the server has stored a late part by then
                w = _published(w)
                out.append(w)
            decision = _decide(w, n, 1e9, force=force)
        assert decision.verdict is not Verdict.WAIT
        if decision.is_part and w.ledgers[n][0] is not State.PACKAGED:
            w = _recorded(w, n, State.PARTLY_SENT)
            out.append(w)
            w = self._announced(w, n, State.PARTLY_SENT)
            out.append(w)
        if decision.verdict is Verdict.SEND:
            return self._send(w, n, out, is_smooth=is_smooth)
        if decision.verdict is Verdict.UNSURE:
            return _recorded(w, n, State.UNCONFIRMED, decision.reason)
        if w.ledgers[n][0] in {State.PACKAGED, State.UPLOADING, State.UNCONFIRMED}:
            return self._sent(w, n, out)
        return w

    def _send(self, w, n, out, *, is_smooth):
        w = self._intended(w, n, State.UPLOADING, Phase.BEGUN, out)
        if not is_smooth:
            out += self._cut(w)
            if self.refusals:
                partly = _stored(_recorded(w, n, State.PARTLY_SENT), PART)
                out += [partly, self._announced(partly, n, State.PARTLY_SENT)]
        before = len(out)
        w = self._intended(w, n, State.UNCONFIRMED, Phase.LEAVING, out)
        if not is_smooth:
            out[before:] = [each for dead in out[before:] for each in self._cut(dead)]
            out += self._cut(w)
            if self.refusals:
                self._refused(w, n, out)
        w = _stored(w, SIZE)
        out.append(w)  # dead, or the answer is lost
        return self._sent(w, n, out)

    def _refused(self, w, n, out):
        """Add what is left where closing is refused, or another length is shown."""
        # A process that dies before it reads the refusal of a file that is shown whole for a while
        # is beyond the model: nobody could know.
        for answered in (_stored(w, SIZE), w._replace(shown=SIZE)):
            told = self._announced(answered, n, REFUSED_LINE)
            kept = _recorded(told, n, State.UNCONFIRMED, f"{NOT_STORED}closing")
            out += [told, kept, _with(kept, n, marks=Phase.REFUSED)]
        other = _stored(w, SIZE)._replace(shown=OTHER)
        out.append(_recorded(other, n, State.UNCONFIRMED))

    def _intended(self, w, n, state, phase, out):
        w = self._announced(w, n, state)
        out.append(w)
        w = _recorded(w, n, state)
        out.append(w)
        w = _with(w, n, marks=phase)
        out.append(w)
        return w

    def _sent(self, w, n, out):
        w = _recorded(w, n, State.SUBMITTED)
        out.append(w)
        w = _with(w, n, marks=Phase.ACKNOWLEDGED)
        out.append(w)
        return self._announced(w, n, State.SUBMITTED)

    def _cut(self, w):
        """Return what a lost connection leaves: a part, stored now, late, or never."""
        return [_stored(w, PART), w, *([w._replace(late=True)] if self.late else [])]

    def rebuild(self, w, n):
        """Do what `rebuild` does."""
        state, message = w.ledgers[n]
        mark = w.marks[n] if w.is_behind[n] else None
        if state is State.PACKAGED or mark is not None:
            is_whole = w.has_results or (w.shown == SIZE and not w.lags)
            state, message = State.SUBMITTED if is_whole else State.UNCONFIRMED, ""
            if mark is Phase.REFUSED and not w.has_results:
                state, message = State.UNCONFIRMED, REFUSED
            elif not w.has_results and self._line(w, n)[0] == REFUSED_LINE:
                state, message = State.UNCONFIRMED, REFUSED_ELSEWHERE
            elif mark is not None and state is State.UNCONFIRMED:
                state = mark.state
        return _with(w, n, ledgers=(state, message), is_behind=False)

    def _lose(self, w, n):
        has_run = w.marks[n] is not None or w.ledgers[n] != NEW
        lost = [_with(w, n, ledgers=NEW, is_behind=has_run)] if has_run else []
        if n == 0 and w.backup is not None:
            kept, is_current = w.backup
            lost.append(_with(w, 0, ledgers=kept, is_behind=not is_current))
        return lost

    def _may_run(self, w, n):
        if self.computers == 1 or w.has_results:
            return True
        other = 1 - n
        is_unused = w.ledgers[other] == NEW and w.marks[other] is None
        return is_unused and not w.is_behind[other] and self._line(w, other)[1] != other

    def _adopted(self, w, n):
        if not self.has_journal:
            return None
        return _adopted(*w.ledgers[n], *self._line(w, n), n)

    def _line(self, w, n):
        return w.journals[n % self.computers] or ("", -1)

    def _announced(self, w, n, state):
        journals = list(w.journals)
        journals[n % self.computers] = (str(state), n)
        return w._replace(journals=tuple(journals))


def _with(w, n, **changes):
    """Change what belongs to one workspace."""
    pairs = {name: (value, getattr(w, name)[1]) if n == 0 else (getattr(w, name)[0], value)
             for name, value in changes.items()}  # fmt: skip
    return w._replace(**pairs)


def _recorded(w, n, state, message=""):
    assert w.ledgers[n][0].may_become(state), (w, n, state)
    is_kept = message.startswith((NOT_STORED, ELSEWHERE))
    return _with(w, n, ledgers=(state, message if is_kept else ""))


def _stored(w, size):
    if size == SIZE:
        return w._replace(shown=SIZE, wholes=w.wholes + 1, lags=False)
    return w._replace(shown=size, is_spoiled=w.is_spoiled or w.wholes > 0, lags=False)


def _published(w):
    return _stored(w, PART)._replace(late=False) if w.late else w


def _row(state, message):
    sent = None if state is State.PACKAGED else SIZE
    return LedgerRow("C", "s", state, NOW, SIZE, "a", "", "", message, sent_size=sent)


def _decide(w, n, elapsed, *, force):
    shown = None if w.lags else w.shown
    return _decision(*w.ledgers[n], shown, w.has_results, elapsed, force)


@cache
def _decision(state, message, shown, has_results, elapsed, force):
    entry = None if shown is None else Entry("", "s.zip", shown, NOW)
    view = ServerView(entry, has_results, has_folder=has_results)
    return reconcile(_row(state, message), view, elapsed=elapsed, quiet_seconds=1.0, force=force)


class _Journal(NamedTuple):
    state: str
    workspace: int

    def last(self, _study_id):
        if not self.state:
            return None
        return JournalEntry("s", self.state, "", workspace=f"w{self.workspace}")


@cache
def _adopted(state, message, line, workspace, n):
    found = SharedJournal(_Journal(line, workspace), f"w{n}").adopted(_row(state, message))
    return None if found is None else (found.state, found.reason)
