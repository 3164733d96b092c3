"""The Connect form: server, user, key, staged test, the server's identity."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import ipywidgets as widgets
from traitlets import link

from neuroflow.transfer import STAGES
from neuroflow.widgets.common import (
    CopyButton,
    PathInput,
    bind,
    button,
    disable_while_busy,
    field,
    form,
    html,
    problem_list,
    set_options,
    set_visible,
    task_status,
)
from neuroflow.widgets.connect.model import ConnectModel

STAGE_NAMES = {
    "name": "Name resolved",
    "port": "Port reached",
    "host key": "Server's identity",
    "login": "Key accepted",
    "folders": "Folders seen",
}


def connect_form(model: ConnectModel) -> widgets.VBox:
    """Draw the Connect form."""
    secret = field(
        widgets.Password,
        "Passphrase",
        "Opens the key; kept in memory until the kernel ends, never written",
        placeholder="only if the key has one; never written",
    )

    def update() -> None:
        secret.disabled = model.uses_agent or model.busy
        secret.placeholder = (
            "kept in memory until the kernel ends"
            if model.has_passphrase
            else "only if the key has one; never written"
        )

    bind(model, ["key", "has_passphrase", "busy"], update)
    return form(
        widgets.HTML("<h2>Connect</h2><p>How to reach the service, tested stage by stage.</p>"),
        problem_list(model),
        _profiles(model),
        *_fields(model),
        secret,
        *_actions(model, secret),
        task_status(model, keep=False),
        _steps(model),
        _identity(model),
        _agent(model),
        _public(model),
    )


def _actions(model: ConnectModel, secret: widgets.Password) -> list[widgets.Widget]:
    """Return the buttons, and what is missing before the first of them can be pressed."""

    def taken() -> str:
        """Take the passphrase out of the page: a notebook may save what its fields hold."""
        passphrase: str = secret.value
        secret.value = ""
        return passphrase

    test = button(
        model,
        "Test connection",
        "Save the profile and test the connection stage by stage",
        lambda: model.test(taken()),
        button_style="primary",
        icon="plug",
    )
    make = button(
        model,
        "Make a key",
        "Make an Ed25519 key in the named file, or in .ssh/neuropacs_ed25519 of your home folder; "
        "the passphrase is optional",
        lambda: model.create_key(taken()),
    )
    public = button(
        model,
        "Show public key",
        "Show what to send to the vendor",
        lambda: model.show_public_key(taken()),
    )
    agent = button(
        model,
        "Use the agent's keys",
        "Show the keys that the ssh-agent holds, and use them in place of a file",
        model.use_agent_keys,
    )
    mend = button(
        model, "Make the key private", "Set its permissions to 600", model.make_key_private
    )
    missing = widgets.HTML()

    def update() -> None:
        test.disabled = model.busy or bool(model.blockers)
        make.disabled = model.busy or model.uses_agent
        public.disabled = model.busy or not model.key.strip()
        set_visible(mend, model.key_is_exposed)
        missing.value = html.bullets(model.blockers, heading="Before testing:")

    disable_while_busy(model, agent, mend)
    bind(model, ["busy", "blockers", "key_is_exposed", "key"], update)
    bar = widgets.HBox([test, make, public, agent, mend], layout={"flex_flow": "row wrap"})
    return [bar, missing]


def _profiles(model: ConnectModel) -> widgets.VBox:
    """Choose one of the saved profiles, begin another one, or remove one."""
    saved = field(
        widgets.Dropdown, "Saved profiles", "Several ways to the same account", options=[]
    )
    saved.layout.width = "420px"
    name = field(widgets.Text, "Profile name", "What this way to the service is called")
    name.layout.width = "420px"
    link((model, "profile"), (name, "value"))
    new = button(
        model, "New profile", "Begin another profile; this one stays saved", model.new_profile
    )
    remove = button(
        model,
        "Remove profile",
        "Take this profile out of the workspace; its key stays",
        model.remove_profile,
    )

    def update() -> None:
        shown = model.profile if model.profile in model.profiles else None
        set_options(saved, model.profiles, shown)
        remove.disabled = model.busy or shown is None
        set_visible(row, bool(model.profiles))

    def selected() -> None:
        if saved.value and saved.value != model.ws.service.profile_name:
            model.choose_profile(saved.value)

    row = widgets.HBox([saved, new, remove])
    saved.observe(lambda _: model.run_safely(selected), names="value")
    disable_while_busy(model, saved, new, name)
    bind(model, ["profile", "profiles", "busy"], update)
    return widgets.VBox([row, name])


def _agent(model: ConnectModel) -> widgets.HTML:
    """List what the ssh-agent offers: its keys by kind, comment and fingerprint."""
    view = widgets.HTML()

    def update() -> None:
        lines = [f"{key.kind} {key.fingerprint} {key.comment}" for key in model.agent_keys]
        view.value = html.bullets(lines, heading="The ssh-agent offers these keys, in this order:")

    bind(model, ["agent_keys"], update)
    return view


def _fields(model: ConnectModel) -> list[widgets.Widget]:
    host = field(
        widgets.Text,
        "Host",
        "The server's name, as the vendor gave it",
        placeholder="s-1234.server.transfer.us-east-1.amazonaws.com",
    )
    port = field(widgets.IntText, "Port", "The TCP port; 22 unless told otherwise")
    port.layout.width = "260px"
    user = field(
        widgets.Text, "User", "The user name the vendor assigned", placeholder="PH1234_SITE07_USER"
    )
    for widget, name in ((host, "host"), (port, "port"), (user, "user")):
        link((model, name), (widget, "value"))
    disable_while_busy(model, host, port, user)
    key = PathInput(
        model,
        "key",
        "Private key",
        "The private key's file, or the word agent for the keys of the ssh-agent",
        folders_only=False,
        start=Path("~/.ssh").expanduser(),
    )
    return [host, port, user, key]


def _steps(model: ConnectModel) -> widgets.HTML:
    view = widgets.HTML()

    def update() -> None:
        lines = []
        for step in model.steps:
            tone = "good" if step.ok else "bad"
            words = f"{STAGE_NAMES[step.name]}: {'ok' if step.ok else 'failed'}."
            advice = html.text(step.error.worded_for("form").advice if step.error else "")
            advice = f'<span class="nf-advice">What to do: {advice}</span>' if advice else ""
            lines.append(f"<li>{html.badge(tone, words)} {html.text(step.message)}{advice}</li>")
        if lines and not model.busy:
            passed = {step.name for step in model.steps}
            lines += [
                f'<li class="nf-dim">{html.badge("", STAGE_NAMES[name] + ": not tested.")}</li>'
                for name in STAGES
                if name not in passed
            ]
        items = "".join(lines)
        view.value = f'<ol class="nf-steps" aria-label="Stages">{items}</ol>' if items else ""

    bind(model, ["steps", "busy"], update)
    return view


def _identity(model: ConnectModel) -> widgets.VBox:
    """Show an unknown server's fingerprint with one button, a changed one with none."""
    words = widgets.HTML()
    confirm = button(
        model,
        "Yes, this is the fingerprint the vendor gave me",
        "Pin this host key; it is compared on every connection from now on",
        model.confirm_host_key,
        button_style="warning",
        layout={"width": "auto", "align_self": "flex-start"},
    )
    disable_while_busy(model, confirm)
    box = widgets.VBox([words, confirm])

    def update() -> None:
        set_visible(confirm, bool(model.fingerprint))
        set_visible(box, bool(model.fingerprint) or model.host_key_changed)
        if model.host_key_changed:
            words.value = (
                '<div role="alert" class="nf-problem"><strong>Blocked: the server shows another '
                "key than the confirmed one.</strong><br>Nothing is sent or fetched. Ask the "
                "vendor's support whether the key was replaced; only then remove its line from "
                "known_hosts in the workspace.</div>"
            )
        else:
            words.value = (
                '<div role="alert" class="nf-notice"><strong>This server was never seen before.'
                "</strong> Compare its fingerprint with the one the vendor gave you:"
                f'<p class="nf-fingerprint">{html.text(model.fingerprint)}</p></div>'
            )

    bind(model, ["fingerprint", "host_key_changed"], update)
    return box


def _public(model: ConnectModel) -> widgets.VBox:
    """Show the public half of the key and the mail it goes into, ready to be copied."""
    line = field(widgets.Textarea, "Public key", "The public half of the key", rows=3)
    mail = field(widgets.Textarea, "Mail", "To the vendor's support", rows=18)
    copy_line = CopyButton(label="Copy public key", tooltip="Copy the public half of the key")
    copy_mail = CopyButton(label="Copy mail", tooltip="Copy the mail to the vendor's support")
    post = widgets.HTML()
    words = widgets.HTML(
        "<p>Send the public half to the vendor's support; the private half stays with you.</p>"
    )
    send = widgets.HBox([copy_mail, post], layout={"align_items": "center"})
    box = widgets.VBox([words, line, copy_line, mail, send])
    for control, copy, name in ((line, copy_line, "public_line"), (mail, copy_mail, "mail")):
        link((model, name), (control, "value"))
        link((model, name), (copy, "text"))

    def update() -> None:
        set_visible(box, bool(model.public_line))
        head, _, body = model.mail.partition("\n\n")
        subject = head.removeprefix("Subject: ")
        address = f"mailto:?subject={quote(subject)}&body={quote(body)}"
        post.value = f'<a href="{html.text(address)}">Open it in the mail program</a>'

    bind(model, ["public_line", "mail"], update)
    return box
