"""The Connect form: server, user, key, staged connection test, host key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import ipywidgets as widgets
from traitlets import link

from neuroflow.transfer import STAGES
from neuroflow.widgets.browser import CopyButton
from neuroflow.widgets.common import (
    SHORT,
    WRAP_ROW,
    PathInput,
    bind,
    button,
    cure_on_change,
    disable_while_busy,
    field,
    form,
    html,
    in_row,
    on_enter,
    private,
    problem_list,
    problems_at,
    set_options,
    set_rank,
    set_visible,
    side_by_side,
    task_status,
)
from neuroflow.widgets.connect.model import ConnectModel
from neuroflow.widgets.connect.try_panel import try_panel

YES = "Yes, this is the fingerprint that neuropacs gave me"
YES_JUMP_HOST = "Yes, this is the fingerprint that its administrator gave me"
REPLACE = "Replace the confirmed fingerprint by this one"
STAGE_NAMES = {
    "name": "Host name lookup",
    "port": "Connection to the port",
    "host key": "Server fingerprint",
    "login": "Login with the key",
    "folders": "Access to the folders",
}


def connect_form(model: ConnectModel) -> private.VBox:
    """Draw the Connect form."""
    secret = field(
        private.Password,
        "Passphrase",
        "Unlocks the key; kept in memory until this session ends, never saved",
        placeholder="only if the key has one; never saved",
    )

    def update() -> None:
        secret.disabled = model.uses_agent or model.busy
        secret.placeholder = (
            "kept in memory until this session ends"
            if model.has_passphrase
            else "only if the key has one; never saved"
        )

    bind(model, ["key", "has_passphrase", "busy"], update)
    cure_on_change(model, secret, "passphrase")
    host, port, user, key = fields = _fields(model)
    actions, missing = _actions(model, secret)
    for control in (host, port, user, key.typed, secret):
        on_enter(control, actions.children[0])
    ask = [_profiles(model), *fields, secret, actions, missing, task_status(model, keep=False)]
    found, keys = [_steps(model), _identity(model)], [_agent(model), _public(model)]
    work = side_by_side(ask, found, keys)
    work.add_class("nf-brief")
    places = {"host": host, "port": port, "user": user, "key": key, "passphrase": secret}
    problems_at(model, work.children[0], places)
    work.children = (try_panel(model), *work.children)
    return form(
        private.HTML(
            "<h2>Connect</h2><p>Set up the connection to neuropacs and test it step by step.</p>"
        ),
        problem_list(model),
        work,
        is_wide=True,
    )


def _actions(model: ConnectModel, secret: private.Password) -> list[widgets.Widget]:
    """Draw the buttons and the list of what is missing before a test."""

    def take_passphrase() -> str:
        """Clear the passphrase field and return its value: a notebook may save its fields."""
        passphrase: str = secret.value
        secret.value = ""
        return passphrase

    test = button(
        model,
        "Test connection",
        "Save the profile and test the connection step by step",
        lambda: model.test(take_passphrase()),
        rank="primary",
        icon="plug",
    )
    make = button(
        model,
        "Create a key",
        "Create an Ed25519 key in the file above, or as .ssh/neuropacs_ed25519 at home; "
        "the passphrase is optional",
        lambda: model.create_key(take_passphrase()),
    )
    public = button(
        model,
        "Show public key",
        "Show the public key to send to neuropacs",
        lambda: model.show_public_key(take_passphrase()),
    )
    agent = button(
        model,
        "Use ssh-agent keys",
        "List the keys of the ssh-agent and use them instead of a key file",
        model.use_agent_keys,
    )
    protect = button(
        model,
        "Protect the key file",
        "Make it readable by you alone (permissions 600)",
        model.make_key_private,
    )
    missing = private.HTML()

    def update() -> None:
        test.disabled = model.busy or bool(model.blockers)
        make.disabled = model.busy or model.uses_agent
        public.disabled = model.busy or not model.key.strip()
        set_visible(protect, model.key_is_exposed)
        set_rank(test, "plain" if model.fingerprint else "primary")
        missing.value = html.bullets(model.not_at_fields(model.blockers), heading="Before testing:")

    disable_while_busy(model, agent, protect)
    bind(model, ["busy", "blockers", "wrong", "key_is_exposed", "key", "fingerprint"], update)
    bar = private.HBox([test, make, public, agent, protect], layout=WRAP_ROW)
    return [bar, missing]


def _profiles(model: ConnectModel) -> private.VBox:
    """Draw the menu of saved profiles, and the buttons to add or remove one."""
    saved = field(
        private.Dropdown,
        "Saved profiles",
        "Saved connections to the same account",
        options=[],
        layout=SHORT,
    )
    name = field(private.Text, "Profile name", "A name for this connection", layout=SHORT)
    link((model, "profile"), (name, "value"))
    new = button(
        model,
        "New profile",
        "Start another profile; this one stays saved",
        model.new_profile,
        rank="quiet",
    )
    remove = button(
        model,
        "Remove profile",
        "Remove this profile from the workspace; the key file is kept",
        model.remove_profile,
        rank="quiet",
    )

    cancel = button(
        model,
        "Cancel",
        "Leave the new profile and return to the saved one",
        model.leave_new_profile,
        rank="quiet",
    )

    def update() -> None:
        set_visible(cancel, bool(model.profiles) and model.profile not in model.profiles)
        shown = model.profile if model.profile in model.profiles else None
        set_options(saved, model.profiles, shown)
        remove.disabled = model.busy or shown is None
        set_visible(row, bool(model.profiles))

    def selected() -> None:
        if saved.value and saved.value != model.profile:
            model.choose_profile(saved.value)

    row = private.HBox([saved, new, cancel, remove], layout=WRAP_ROW)
    saved.observe(lambda _: model.run_safely(selected), names="value")
    disable_while_busy(model, saved, new, cancel, name)
    bind(model, ["profile", "profiles", "busy"], update)
    box = private.VBox([row, name])
    problems_at(model, box, {"profile": name})
    return box


def _agent(model: ConnectModel) -> private.HTML:
    """List the keys of the ssh-agent by kind, fingerprint and comment."""
    view = private.HTML()

    def update() -> None:
        lines = [f"{key.kind} {key.fingerprint} {key.comment}" for key in model.agent_keys]
        view.value = html.bullets(lines, heading="The ssh-agent offers these keys, in this order:")

    bind(model, ["agent_keys"], update)
    return view


def _fields(model: ConnectModel) -> list[widgets.Widget]:
    host = field(
        private.Text,
        "Host",
        "The server's host name, as given by neuropacs",
        placeholder="s-1234.server.transfer.us-east-1.amazonaws.com",
    )
    port = field(private.IntText, "Port", "The TCP port; normally 22", layout=SHORT)
    user = field(
        private.Text,
        "User",
        "The user name assigned by neuropacs",
        placeholder="PH1234_SITE07_USER",
    )
    for widget, name in ((host, "host"), (port, "port"), (user, "user")):
        link((model, name), (widget, "value"))
    disable_while_busy(model, host, port, user)
    key = PathInput(
        model,
        "key",
        "Private key",
        "The private key file, or the word agent to use the keys of the ssh-agent",
        folders_only=False,
        start=Path("~/.ssh").expanduser(),
    )
    return [host, port, user, key]


def _steps(model: ConnectModel) -> private.HTML:
    view = private.HTML()

    def update() -> None:
        lines = []
        for step in model.steps:
            tone, outcome = ("good", "ok") if step.ok else ("bad", "failed")
            if step.name == "host key" and model.shown_keys and not model.pinned_keys:
                tone, outcome = "warn", "to be confirmed below"  # a first connection is no failure
            advice = html.text(step.error.worded_for("form").advice if step.error else "")
            advice = f'<span class="nf-advice">What to do: {advice}</span>' if advice else ""
            notes = "".join(f'<span class="nf-advice">{html.text(n)}</span>' for n in step.notes)
            head = _stage(step.name, tone, outcome)
            said = f'<span class="nf-advice">{html.text(step.message)}</span>'
            lines.append(f"<li>{head}{said if step.message else ''}{notes}{advice}</li>")
        passed = {step.name for step in model.steps}
        rest = [name for name in STAGES if name not in passed]
        lines += [f"<li>{_stage(name, '', 'not tested')}</li>" for name in rest]
        view.value = (
            '<p class="nf-head">Stages of the test</p>'
            f'<ol class="nf-steps" aria-label="Stages">{"".join(lines)}</ol>'
        )

    bind(model, ["steps", "busy", "shown_keys"], update)
    return view


def _stage(name: str, tone: str, outcome: str) -> str:
    return f"<strong>{STAGE_NAMES[name]}:</strong> {html.chip(tone, outcome)}"


def _identity(model: ConnectModel) -> private.VBox:
    """Show the keys of a server to compare; a changed one is confirmed by its fingerprint only."""
    words = private.HTML()
    pasted = field(
        private.Text,
        "Fingerprint",
        "The fingerprint that neuropacs gave you, to compare with those of the server",
        placeholder="SHA256:...",
    )
    pasted.continuous_update = True
    link((model, "pasted_fingerprint"), (pasted, "value"))
    verdict = private.HTML()
    confirm = button(
        model,
        YES,
        "Save this host key; every later connection is checked against it",
        model.confirm_host_key,
        rank="primary",
    )
    disable_while_busy(model, confirm, pasted)
    box = private.VBox([words, pasted, verdict, confirm])
    problems_at(model, box, {"pasted_fingerprint": pasted})

    def update() -> None:
        set_visible(confirm, bool(model.fingerprint))
        set_visible(box, bool(model.shown_keys) or model.host_key_changed)
        set_visible(pasted, bool(model.shown_keys))
        first = YES_JUMP_HOST if model.is_jump_host else YES
        confirm.description = REPLACE if model.pinned_keys else first
        words.value = (_changed_key if model.host_key_changed else _first_key)(model)
        verdict.value = _verdict(model)

    names = ["shown_keys", "pinned_keys", "fingerprint", "host_key_changed", "pasted_fingerprint"]
    bind(model, names, update)
    return box


def _first_key(model: ConnectModel) -> str:
    several = len(model.shown_keys) > 1
    owner, host = "neuropacs", "server"
    if model.is_jump_host:
        owner, host = "its administrator", "jump host"
    which = (
        f"Paste the fingerprint from {owner} below; one of these has to be equal:"
        if several
        else f"Compare its fingerprint with the one from {owner}, or paste that one below:"
    )
    return (
        '<div role="alert" class="nf-notice"><strong>This is the first connection to '
        f"this {host}.</strong> {which}{_fingerprints(model.shown_keys)}</div>"
    )


def _changed_key(model: ConnectModel) -> str:
    shown, owner, host = "", "neuropacs support", "server"
    if model.is_jump_host:
        owner, host = "its administrator", "jump host"
    if model.shown_keys:
        shown = (
            " Only if they confirm a new one, paste its fingerprint below.<br>Confirmed before:"
            f"{_fingerprints(model.pinned_keys)}Shown now:{_fingerprints(model.shown_keys)}"
        )
    return (
        '<div role="alert" class="nf-problem"><strong>Blocked: the host key of the '
        f"{host} has changed since you confirmed it.</strong><br>Nothing was sent or "
        f"collected. Ask {owner} by telephone, or by an email to an address that you "
        f"know, whether the key was replaced.{shown}</div>"
    )


def _fingerprints(names: Sequence[str]) -> str:
    return "".join(f'<p class="nf-fingerprint">{html.text(name)}</p>' for name in names)


def _verdict(model: ConnectModel) -> str:
    """Return in words that the pasted fingerprint is one of those shown."""
    is_equal = model.pasted_fingerprint.strip() and model.shown_keys and model.fingerprint
    return html.badge("good", "Equal: the server shows this fingerprint.") if is_equal else ""


def _public(model: ConnectModel) -> private.VBox:
    """Show the public key and the email that contains it, ready to copy."""
    line = field(private.Textarea, "Public key", "The public key", rows=3)
    mail = field(private.Textarea, "Email", "Email to neuropacs support", rows=18)
    copy_line = CopyButton(label="Copy public key", tooltip="Copy the public key")
    copy_mail = CopyButton(label="Copy email", tooltip="Copy the email to neuropacs support")
    post = private.HTML()
    words = private.HTML(
        "<p>Send the public key to neuropacs support; keep the private key to yourself.</p>"
    )
    send = in_row(copy_mail, post)
    box = private.VBox([words, line, copy_line, mail, send])
    for control, copy, name in ((line, copy_line, "public_line"), (mail, copy_mail, "mail")):
        link((model, name), (control, "value"))
        link((model, name), (copy, "text"))

    def update() -> None:
        set_visible(box, bool(model.public_line))
        head, _, body = model.mail.partition("\n\n")
        subject = head.removeprefix("Subject: ")
        address = f"mailto:?subject={quote(subject)}&body={quote(body)}"
        post.value = f'<a href="{html.text(address)}">Open in your email program</a>'

    bind(model, ["public_line", "mail"], update)
    return box
