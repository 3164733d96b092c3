"""The user's key: ``neuroflow key new``, ``show`` and ``check``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.console import Console
from neuroflow.cli.inputs import open_workspace
from neuroflow.cli.options import AsJson, Quiet, WorkspaceFolder
from neuroflow.cli.passphrase import ask_for
from neuroflow.io import PASSPHRASE_VARIABLE

if TYPE_CHECKING:
    from neuroflow.transfer import PublicKey

KeyFile = Annotated[Path, typer.Argument(help="The private key's file.")]
Passphrase = Annotated[
    bool, typer.Option(help=f"Ask for the passphrase; otherwise {PASSPHRASE_VARIABLE} is used.")
]

keys = typer.Typer(no_args_is_help=True, help="Make, show and check the key for the service.")


@keys.command()
def new(
    path: Annotated[Path, typer.Argument(help="The file for the private key.")],
    passphrase: Annotated[bool, typer.Option(help="Ask for a passphrase.")] = False,
    comment: Annotated[
        str, typer.Option(help="A comment in the public key; neuropacs sees it.")
    ] = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make an Ed25519 key and print the public key, to be mailed to neuropacs."""
    from neuroflow.transfer import make_key

    with Console(as_json=as_json, quiet=quiet) as console:
        secret = ask_for(path, confirm=True) if passphrase else None
        public = make_key(path.expanduser(), passphrase=secret, comment=comment)
        _print_key(console, path, public)


@keys.command()
def show(
    path: KeyFile, passphrase: Passphrase = False, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """Print the public key of an existing key, and its fingerprint."""
    from neuroflow.transfer import public_key

    with Console(as_json=as_json, quiet=quiet) as console:
        secret = _secret(path.expanduser(), asked=passphrase, is_needed=True)
        _print_key(console, path, public_key(path.expanduser(), secret))


@keys.command()
def check(
    path: KeyFile,
    passphrase: Passphrase = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Correct the permissions if others can read the key.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check whether the service accepts a key, and what to do if not."""
    from neuroflow.transfer import check_key

    with Console(as_json=as_json, quiet=quiet) as console:
        report = check_key(path.expanduser(), _secret(path.expanduser(), asked=passphrase), fix=fix)
        if report.error is not None:
            raise report.error
        facts = {
            "form": report.form,
            "bits": report.bits,
            "is_protected": report.is_protected,
            "permissions": report.permissions,
            "is_corrected": report.is_corrected,
        }
        public = report.public
        kind = public.kind if public else "the passphrase is needed to see its kind"
        protected = ", protected by a passphrase" if report.is_protected else ""
        console.output(_facts(path, public) | facts)
        console.print(f"{path} can be used: {report.form}, {kind}{protected}.")
        if public:
            console.print(f"Fingerprint {public.fingerprint}")


account_keys = typer.Typer(
    no_args_is_help=True,
    help="Show, export and import the account key, from which the ids of studies are derived.",
)


@account_keys.command("show")
def show_account_key(
    workspace: WorkspaceFolder, as_json: AsJson = False, quiet: Quiet = False
) -> None:
    """Print where the account key is, and its name in the ids; never the key itself."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        account = ws.account
        tags = [key.tag for key in account.keys()]  # noqa: SIM118  no mapping
        console.output({"account": account.name, "file": account.key_file, "tags": tags})
        console.print(f"{account.key_file}: ids begin with {tags[0]}")


@account_keys.command("export")
def export_account_key(
    workspace: WorkspaceFolder,
    path: Annotated[Path, typer.Argument(help="A new file for the key; keep it secret.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the account key to a file, for another computer or a colleague."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        ws.account.export_key(path)
        console.output({"file": path})
        console.info(f"{path} is secret: send it encrypted, and delete it afterwards.")


@account_keys.command("import")
def import_account_key(
    workspace: WorkspaceFolder,
    path: Annotated[Path, typer.Argument(help="The exported key.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Add the account key of another computer; new ids are derived with it from now on."""
    with Console(as_json=as_json, quiet=quiet) as console, open_workspace(workspace) as ws:
        key = ws.account.import_key(path)
        console.output({"tag": key.tag})
        console.print(f"New ids begin with {key.tag}.")


def _print_key(console: Console, path: Path, public: PublicKey) -> None:
    console.output(_facts(path, public))
    console.print(public.line)
    console.info(f"Fingerprint {public.fingerprint}")


def _facts(path: Path, public: PublicKey | None) -> dict[str, object]:
    return {
        "file": path.expanduser().absolute(),
        "kind": public and public.kind,
        "fingerprint": public and public.fingerprint,
        "public_key": public and public.line,
    }


def _secret(path: Path, *, asked: bool, is_needed: bool = False) -> str | None:
    """Return the passphrase: from the environment, or asked for in a terminal."""
    import os

    from neuroflow.transfer import check_key

    given = None if asked else os.environ.get(PASSPHRASE_VARIABLE)
    if given is None and is_needed and sys.stdin.isatty():
        asked = asked or check_key(path).is_protected
    return ask_for(path) if asked else given
