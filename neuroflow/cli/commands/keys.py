"""The user's key: ``neuroflow key new``, ``show`` and ``check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuroflow.cli.console import Voice
from neuroflow.cli.options import AsJson

if TYPE_CHECKING:
    from neuroflow.transfer import PublicKey

KeyFile = Annotated[Path, typer.Argument(help="The private key's file.")]
PASSPHRASE = "NEUROFLOW_PASSPHRASE"  # noqa: S105  the variable's name
Passphrase = Annotated[
    bool, typer.Option(help=f"Ask for the passphrase; else it is taken from {PASSPHRASE}.")
]

keys = typer.Typer(no_args_is_help=True, help="Make, show and check the key the service knows.")


@keys.command()
def new(
    path: Annotated[Path, typer.Argument(help="Where the private key goes.")],
    passphrase: Annotated[bool, typer.Option(help="Ask for a passphrase.")] = False,
    comment: Annotated[str, typer.Option(help="Behind the public key; the vendor sees it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an Ed25519 key and print the public half, to be mailed to the vendor."""
    from neuroflow.transfer import make_key

    with Voice(as_json=as_json) as voice:
        secret = _asked(confirm=True) if passphrase else None
        public = make_key(path.expanduser(), passphrase=secret, comment=comment)
        _tell(voice, path, public)


@keys.command()
def show(path: KeyFile, passphrase: Passphrase = False, as_json: AsJson = False) -> None:
    """Print the public half of a key that is there, and its fingerprint."""
    from neuroflow.transfer import public_key

    with Voice(as_json=as_json) as voice:
        _tell(voice, path, public_key(path.expanduser(), _secret(asked=passphrase)))


@keys.command()
def check(
    path: KeyFile,
    passphrase: Passphrase = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Make a key private that others may read.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell whether the service would take a key, and what to do where it would not."""
    from neuroflow.transfer import check_key

    with Voice(as_json=as_json) as voice:
        report = check_key(path.expanduser(), _secret(asked=passphrase), fix=fix)
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
        kind = public.kind if public else "its kind shows with the passphrase only"
        protected = ", protected by a passphrase" if report.is_protected else ""
        voice.answer(_facts(path, public) | facts)
        voice.say(f"{path} can be used: {report.form}, {kind}{protected}.")
        if public:
            voice.say(f"Fingerprint {public.fingerprint}")


def _tell(voice: Voice, path: Path, public: PublicKey) -> None:
    voice.answer(_facts(path, public))
    voice.say(public.line)
    voice.note(f"Fingerprint {public.fingerprint}")


def _facts(path: Path, public: PublicKey | None) -> dict[str, object]:
    return {
        "file": path.expanduser().absolute(),
        "kind": public and public.kind,
        "fingerprint": public and public.fingerprint,
        "public_key": public and public.line,
    }


def _secret(*, asked: bool) -> str | None:
    import os

    return _asked() if asked else os.environ.get(PASSPHRASE)


def _asked(*, confirm: bool = False) -> str:
    answer = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return str(answer)
