"""The real code in any order of runs, crashes, refusals, jumps of clocks and lost ledgers.

One scan, two workspaces of one account and a copy. Nobody says ``--replace`` and everybody answers
the truth: so the scan never arrives twice, and nothing is called sent that did not arrive.
``NEUROFLOW_FAULTS`` sets the number of faults.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from support.fake_service import QUIET, TRICKS, FakeService, KilledError, mortal
from support.struck import STRUCK

import neuroflow as nf
from neuroflow.errors import FirstSubmissionError, LedgerLostError
from neuroflow.io import CONFIG_VARIABLE
from neuroflow.ledger import Ledger, State
from neuroflow.transfer import Profile

FAULTS = int(os.environ.get("NEUROFLOW_FAULTS", "0"))
SEED = int(os.environ.get("NEUROFLOW_SEED", "0"))
EXAMPLES = max(6, FAULTS // 4)
NAMES = ("first", "second", "copy")
JUMPS = (timedelta(hours=1), timedelta(days=1), timedelta(hours=-1), timedelta(days=-1))
SETTINGS = f"\n[settings]\nquiet_seconds = {QUIET}\nconnections = 1\n"


def silent(_event):
    """Listen, in place of progress bars."""


class Submissions(RuleBasedStateMachine):
    """Workspaces that submit one scan to one service."""

    scans: Path

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="neuroflow-stateful-"))
        os.environ[CONFIG_VARIABLE] = str(self.folder / "user")
        self.service = FakeService(self.folder / "home")
        self.mortal = mortal(self.service)
        self.mortal.__enter__()
        self.backups = {}
        for name in NAMES[:2]:
            with self.open(name) as ws:
                ws.service.save_profile(Profile("server", "site", self.folder / "key"))
                with (ws.folder / "neuroflow.toml").open("a") as file:
                    file.write(SETTINGS)
                ws.cohort("C", nf.find_studies(self.scans)[:1])

    def teardown(self):
        try:
            self.settle()
        finally:
            self.mortal.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def open(self, name):
        ws = nf.Workspace(self.folder / name, clock=self.service.now)
        ws.service.connect = self.service.connect
        return ws

    def submit(self, name, **options):
        """Submit; answer the question of a first submission if the truth allows it."""
        is_unsent = not self.service.wholes
        with self.open(name) as ws:
            try:
                return ws.submit("C", on_event=silent, **options)
            except FirstSubmissionError:
                if not is_unsent:
                    return None
                return ws.submit("C", on_event=silent, not_sent_before=True, **options)
            except LedgerLostError:
                return None
            finally:
                self.check()

    def check(self):
        """Hold what must be true at any moment."""
        assert self.service.wholes <= 1, "sent twice"
        assert not self.service.parts_over_wholes, "a part replaced the whole study"
        if self.service.wholes:
            return
        for name in self.names:
            path = self.folder / name / "ledger.sqlite"
            if path.exists() and path.stat().st_size:
                with Ledger(path) as ledger:
                    assert not any(row.state.is_sent for row in ledger.rows()), "nothing was sent"

    @property
    def names(self):
        return [name for name in NAMES if (self.folder / name).exists()]

    @rule(name=st.sampled_from(NAMES), trick=st.sampled_from(TRICKS))
    def run(self, name, trick):
        if name in self.names:
            self.service.begin(trick)
            self.submit(name)
            if self.service.trick != trick:
                STRUCK[trick.replace(",", "")] += 1

    @rule(
        name=st.sampled_from(NAMES),
        trick=st.sampled_from(TRICKS),
        steps=st.integers(min_value=1, max_value=24),
    )
    def die(self, name, trick, steps):
        if name in self.names:
            self.service.begin(trick, steps)
            with suppress(KilledError):
                self.submit(name)
            STRUCK["killed"] += self.service.is_dead
            self.service.begin()
            self.check()

    @rule(jump=st.sampled_from(JUMPS))
    def set_clock(self, jump):
        self.service.offset += jump
        STRUCK["clock set"] += 1

    @rule(name=st.sampled_from(NAMES[:2]))
    def back_up(self, name):
        path = self.folder / name / "ledger.sqlite"
        if path.exists():
            self.backups[name] = path.read_bytes()

    @rule(name=st.sampled_from(NAMES[:2]), how=st.sampled_from(("lost", "old")))
    def lose(self, name, how):
        data = self.backups.get(name, b"") if how == "old" else None
        for path in self.folder.glob(f"{name}/ledger.sqlite*"):
            path.unlink()
        if data is not None:
            (self.folder / name / "ledger.sqlite").write_bytes(data)
        STRUCK[f"ledger {how}"] += 1

    @rule(name=st.sampled_from(NAMES[:2]))
    def rebuild(self, name):
        self.service.begin()
        with nf.Workspace.with_new_ledger(self.folder / name) as ws:
            ws.service.connect = self.service.connect
            ws.rebuild(on_event=silent)
        self.check()

    @precondition(lambda self: not (self.folder / "copy").exists())
    @rule(name=st.sampled_from(NAMES[:2]))
    def copy(self, name):
        shutil.copytree(self.folder / name, self.folder / "copy")
        STRUCK["workspace copied"] += 1

    @rule()
    def take_away(self):
        self.service.take_away()

    @precondition(lambda self: self.service.wholes)
    @rule()
    def answer(self):
        self.service.answer()

    def settle(self):
        """Run each workspace to its end: the study is sent, in doubt, or the user is asked."""
        self.service.begin()
        for name in self.names:
            rows = self.submit(name)
            if rows is None:
                continue
            state = rows["state"].iloc[0]
            assert state in {State.SUBMITTED, State.UNCONFIRMED}, f"{name}: {state}"
            if state == State.UNCONFIRMED and not self.service.wholes:
                rows = self.submit(name, replace=True)
                assert rows["state"].iloc[0] == State.SUBMITTED
                assert self.service.wholes == 1


@pytest.mark.filterwarnings("ignore::neuroflow.errors.ResultWarning")
def test_no_order_of_faults_sends_twice_or_loses(own_cohort_folder, monkeypatch):
    monkeypatch.setenv(CONFIG_VARIABLE, str(own_cohort_folder))  # restored afterwards
    monkeypatch.setattr(Submissions, "scans", own_cohort_folder / "scans", raising=False)
    run_state_machine_as_test(
        seed(SEED)(Submissions) if SEED else Submissions,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=10,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # ten steps can be read as they are
            derandomize=not SEED,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.parametrize("then", ["second", "rebuilt", "second rebuilt"])
def test_refused_studies_stay_in_doubt_elsewhere_and_rebuilt(own_cohort_folder, monkeypatch, then):
    monkeypatch.setenv(CONFIG_VARIABLE, str(own_cohort_folder))  # restored afterwards
    monkeypatch.setattr(Submissions, "scans", own_cohort_folder / "scans", raising=False)
    machine = Submissions()
    try:
        machine.run("first", "close refused, not stored")
        if then == "rebuilt":
            machine.lose("first", "lost")
            machine.rebuild("first")
        elif then == "second rebuilt":  # it never sent the study, and has no mark of it
            machine.rebuild("second")
        else:
            machine.run("second", "none")
    finally:
        machine.teardown()  # nothing is called sent; with replace it is sent
