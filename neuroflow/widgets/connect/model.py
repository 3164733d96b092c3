"""Model of the Connect form: profile, key, staged connection test, host key."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as StopEvent
from typing import Any, ClassVar

from traitlets import Bool, Int, Tuple, Unicode, observe

from neuroflow.errors import (
    HostKeyChangedError,
    HostKeyError,
    HostNotFoundError,
    KeyFileError,
    LoginRefusedError,
    PortError,
)
from neuroflow.models import Event, OnEvent
from neuroflow.transfer import (
    AGENT,
    AT_JUMP_HOST,
    DEFAULT,
    STAGES,
    Profile,
    PublicKey,
    Step,
    make_key,
    parse_key,
    public_key,
    restrict_permissions,
)
from neuroflow.widgets.common import Problem
from neuroflow.widgets.connect.address import parse_address
from neuroflow.widgets.connect.mail import mail_text
from neuroflow.widgets.connect.simulation import SimulationModel
from neuroflow.workspace import Workspace

NEW_KEY = Path("~/.ssh/neuropacs_ed25519")
"""Where a key is created if no file is given."""
TESTING = "Testing the connection"
CREATING_KEY = "Creating a key"
FIXING_PERMISSIONS = "Protecting the key file"
DIFFERENT = "Different: the server shows no such fingerprint. Do not continue; ask neuropacs."
FOREIGN = (
    "This profile was set up on another computer or by somebody else. Check host, user and key: "
    "testing the connection confirms them, and nothing is connected before."
)


class ConnectModel(SimulationModel):
    """Set up and test the connection to the service."""

    places: ClassVar = {
        HostNotFoundError: "host",
        PortError: "port",
        KeyFileError: "key",
        LoginRefusedError: "key",
    }

    profile = Unicode(DEFAULT)
    host = Unicode("")
    port = Int(22)
    user = Unicode("")
    key = Unicode("")
    has_passphrase = Bool(False)
    blockers = Tuple()
    steps = Tuple()
    shown_keys = Tuple()
    pinned_keys = Tuple()
    pasted_fingerprint = Unicode("")
    fingerprint = Unicode("")
    host_key_changed = Bool(False)
    is_jump_host = Bool(False)
    key_is_exposed = Bool(False)
    public_line = Unicode("")
    mail = Unicode("")
    agent_keys = Tuple()

    def __init__(self, ws: Workspace) -> None:
        super().__init__(ws)
        self._received: list[Step] = []
        self._shown = ""  # the saved profile that the fields are from
        self.run_safely(self._restore)
        self._update_blockers()

    def test(self, passphrase: str = "") -> None:
        """Save the profile and test the connection stage by stage."""
        if self.blockers or not self.can_start(TESTING):
            return
        self._divide_address()
        if passphrase:
            self.ws.service.use_passphrase(passphrase)
            self.has_passphrase = True
        name = self.profile.strip()
        self.ws.service.save_profile(
            Profile(self.host.strip(), self.user.strip(), self._profile_key, self.port, name)
        )
        self._shown = name
        self.profiles = tuple(self.ws.service.profile_names)
        self._run_test(TESTING, lambda: None)

    def choose_profile(self, name: str) -> None:
        """Switch to another saved profile and forget the passphrase typed before."""
        before = self.ws.service.profile
        self.ws.service.use_profile(name)
        self.has_passphrase = False
        self._restore()
        now = self.ws.service.profile
        is_other = before and now and (before.host, before.user) != (now.host, now.user)
        if is_other and any(row.submitted_at for row in self.ws.ledger.rows()):
            self.set(
                tone="warn",
                notice="Studies of this workspace have already been sent. This profile has a "
                "different host or user: continue only if both belong to the same account; "
                "otherwise open another workspace.",
            )

    def new_profile(self) -> None:
        """Start another profile; the current one stays saved."""
        self._shown = ""
        self.set(profile="" if self.profiles else DEFAULT, host="", port=22, user="", key="")

    def leave_new_profile(self) -> None:
        """Show the saved profile in use again; nothing of the new one is kept."""
        self._restore()

    def remove_profile(self) -> None:
        """Remove the shown profile from the workspace; its key file is kept."""
        self.ws.service.remove_profile(self.profile)
        self.has_passphrase = False
        self.new_profile()
        self._restore()

    def use_agent_keys(self) -> None:
        """Use the keys of the ssh-agent instead of a file, and list them."""

        def work(_on_event: OnEvent, _stop: StopEvent) -> tuple[PublicKey, ...]:
            return tuple(self.ws.service.agent_keys())

        def offered(keys: tuple[PublicKey, ...]) -> None:
            self.key = AGENT
            self.set(
                agent_keys=keys,
                notice="The keys of the ssh-agent will be tried one after the other.",
            )

        self.run("Reading the keys of the ssh-agent", work, offered)

    def confirm_host_key(self) -> None:
        """Save the confirmed fingerprint, in place of the earlier one if any, and test again."""
        new, old = self.fingerprint, list(self.pinned_keys)
        if not new:
            return
        service = self.ws.service

        def save() -> None:
            if old:
                service.replace_host_key(old, new)
            else:
                service.trust(new)

        self._run_test("Saving the server's fingerprint", save)

    def create_key(self, passphrase: str = "") -> None:
        """Create an Ed25519 key in the given file or at `NEW_KEY`; nothing is overwritten."""
        if not self.can_start(CREATING_KEY):
            return
        if not self.key.strip():
            self.key = str(NEW_KEY)
        path = self.key_path

        def work(_on_event: OnEvent, _stop: StopEvent) -> tuple[str, str]:
            public = make_key(path, passphrase=passphrase or None, comment=self.user.strip())
            return public.line, public.fingerprint

        if passphrase:
            self.ws.service.use_passphrase(passphrase)
            self.has_passphrase = True
        self.run(CREATING_KEY, work, lambda public: self._on_key_created(path, public))

    def show_public_key(self, passphrase: str = "") -> None:
        """Show the public key of the file or of the ssh-agent, to be sent to neuropacs."""
        service = self.ws.service
        path = None if self.uses_agent else self.key_path

        def work(_on_event: OnEvent, _stop: StopEvent) -> tuple[str, str]:
            found = [public_key(path, passphrase or None)] if path else service.agent_keys()
            return (
                "\n".join(public.line for public in found),
                ", ".join(public.fingerprint for public in found),
            )

        self.run("Reading the public key", work, self._show_public)

    def make_key_private(self) -> None:
        """Restrict the key file to its owner (permissions 600) and repeat the test, if any."""
        if not self.can_start(FIXING_PERMISSIONS):
            return
        restrict_permissions(self.key_path)
        self.key_is_exposed = _is_exposed(self.key_path)
        if self.steps:
            self.test()

    @property
    def _profile_key(self) -> Path | None:
        """Path of the key file, or None for the keys of the ssh-agent."""
        return None if parse_key(self.key.strip()) is None else self.key_path

    @property
    def key_path(self) -> Path:
        """Absolute path of the key file."""
        return Path(os.path.expanduser(self.key.strip())).absolute()  # noqa: PTH111  pathlib raises for ~nobody

    @property
    def uses_agent(self) -> bool:
        """Whether the keys of the ssh-agent are used instead of a file."""
        return self.key.strip() == AGENT

    @observe("pasted_fingerprint", "shown_keys", "pinned_keys")
    def _compare(self, _change: Any) -> None:
        """Choose the fingerprint that may be confirmed: the pasted one, or the only one shown."""
        marks = [name.split()[-1] for name in self.shown_keys]
        pasted = self.pasted_fingerprint.strip().removeprefix("SHA256:").rstrip("=")
        equal = [mark for mark in marks if mark.removeprefix("SHA256:") == pasted]
        only = marks if len(marks) == 1 and not self.pinned_keys and not pasted else []
        self.fingerprint = next(iter(equal or only), "")
        known = {name: text for name, text in self.wrong.items() if name != "pasted_fingerprint"}
        is_other = bool(pasted and marks and not equal)
        self.wrong = known | ({"pasted_fingerprint": DIFFERENT} if is_other else {})

    def _forget_outcome(self) -> None:
        """Forget what the last test found."""
        self.problems = tuple(each for each in self.problems if each.action != TESTING)
        self.set(
            steps=(),
            shown_keys=(),
            pinned_keys=(),
            pasted_fingerprint="",
            host_key_changed=False,
        )

    def _divide_address(self) -> None:
        """Put the parts of an address into their fields; only when it is typed to its end."""
        if address := parse_address(self.host):
            port = self.port if address.port is None else address.port
            self.set(host=address.host, port=port, user=address.user or self.user)

    @observe("profile", "host", "port", "user", "key")
    def _edited(self, change: Any) -> None:
        self._forget_outcome()
        self.set(tone="", notice="")
        if change.name == "key":
            self.set(public_line="", mail="", agent_keys=())
        self._update_blockers()

    def _update_blockers(self) -> None:
        needed = {"Enter a profile name.": self.profile, "Enter the host.": self.host}
        address = parse_address(self.host)
        needed["Enter the user name."] = self.user or (address and address.user) or ""
        needed["Choose the private key file or create a key."] = self.key
        blockers = [line for line, value in needed.items() if not value.strip()]
        wrong = {}
        if not 0 < self.port < 65536:
            wrong["port"] = "The port must be a number from 1 to 65535."
            blockers.append(wrong["port"])
        name = self.profile.strip()
        if name in self.profiles and name != self._shown:
            wrong["profile"] = (
                f"There is a saved profile {name}: choose it under Saved profiles, or enter "
                "another name."
            )
            blockers.append(wrong["profile"])
        has_key = bool(self.key.strip())
        if has_key and not self.uses_agent and not self.key_path.is_file():
            wrong["key"] = (
                f"{self.key_path} is a folder: choose the file of the key in it."
                if self.key_path.is_dir()
                else f"There is no file {self.key_path}: choose another, or create a key there."
            )
        self.set(
            blockers=tuple(blockers),
            wrong=wrong,
            key_is_exposed=has_key and _is_exposed(self.key_path),
        )

    def _restore(self) -> None:
        self.profiles = tuple(self.ws.service.profile_names)
        profile = self.ws.service.profile
        if profile is not None:
            self._shown = profile.name
            self.set(
                profile=profile.name,
                host=profile.host,
                port=profile.port,
                user=profile.user,
                key=profile.key_text,
            )
            if not self.ws.service.is_confirmed:
                self.set(tone="warn", notice=FOREIGN)
                return
            self.notice = (
                "This profile was saved earlier. Test the connection to see whether the service "
                "answers."
            )

    def _show_simulation(self) -> None:
        self._restore()
        self._update_blockers()
        self.test()

    def _run_test(self, activity: str, before: Callable[[], None]) -> None:
        self._forget_outcome()
        self.tone = "wait"
        self._received = []

        def work(on_event: OnEvent, _stop: StopEvent) -> None:
            before()
            for step in self.ws.service.probe():
                self._received.append(step)
                now = datetime.now(UTC)
                done, total = len(self._received), len(STAGES)
                on_event(Event("test", None, done, total, "progress", step.name, now))

        self.run(activity, work, self._show_outcome)

    def _on_events(self, events: Sequence[Event]) -> None:
        super()._on_events(events)
        self.steps = tuple(self._received)

    def _show_outcome(self, _nothing: None) -> None:
        last = self._received[-1] if self._received else None
        is_good = last is not None and last.ok and last.name == STAGES[-1]
        error = last.error if last is not None else None
        is_first = isinstance(error, HostKeyError) and not isinstance(error, HostKeyChangedError)
        self.set(
            steps=tuple(self._received),
            shown_keys=error.shown if isinstance(error, HostKeyError) else (),
            pinned_keys=error.pinned if isinstance(error, HostKeyError) else (),
            host_key_changed=isinstance(error, HostKeyChangedError),
            is_jump_host=error is not None and error.what.startswith(AT_JUMP_HOST),
            key_is_exposed=_is_exposed(self.key_path),
            tone="good" if is_good else "warn" if is_first else "bad",
            notice="The service answers; studies can be sent." if is_good else "",
        )
        if error is not None and not isinstance(error, HostKeyError):
            self._mark_field(error)

    def _mark_field(self, error: Exception) -> None:
        """Show at its field what failed; the stages show why and what to do."""
        what = Problem(Problem.of(error).what, at=self.place_of(error), action=TESTING)
        if what.at and what.at not in self.wrong and not self.is_jump_host:
            self.problems = (*self.problems, what)

    def report_error(self, error: Exception, at: str = "") -> None:
        """Show an error; a test that was running counts as failed."""
        super().report_error(error, at)
        if self.tone == "wait":
            self.set(tone="bad", steps=tuple(self._received))

    def _on_key_created(self, path: Path, public: tuple[str, str]) -> None:
        self._show_public(public)
        self.notice = f"Key created: {path}. Send the public key to neuropacs support."

    def _show_public(self, public: tuple[str, str]) -> None:
        line, fingerprint = public
        self.set(public_line=line, mail=mail_text(self.user.strip(), line, fingerprint))
        self._update_blockers()


def _is_exposed(path: Path) -> bool:
    """Return whether other users can read a key file; always False on Windows and for folders."""
    try:
        mode = path.stat().st_mode if path.is_file() else 0
    except OSError:
        return False
    is_public = path.suffix == ".pub"  # it chooses a key of the ssh-agent
    return os.name == "posix" and not is_public and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
