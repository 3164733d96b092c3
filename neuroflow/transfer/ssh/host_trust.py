"""Which host keys a user has confirmed for the hosts on the way to the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from neuroflow.errors import HostKeyChangedError, HostKeyError
from neuroflow.transfer.ssh.keys import PublicKey
from neuroflow.transfer.ssh.known_hosts import HostKeys, changed_error, parse_fingerprint
from neuroflow.transfer.ssh.route import Route
from neuroflow.transfer.ssh.tunnel import Tunnel


@dataclass(frozen=True, slots=True)
class ShownHost:
    """A host and the keys that it shows; a server may have one of each kind.

    Parameters
    ----------
    host, port
        The host, as the user calls it.
    keys
        Its public keys, the one that it uses first.
    pinned
        The fingerprints that were confirmed for it.
    is_jump_host
        True if it is a jump host: its administrator gives its fingerprint, not neuropacs.
    """

    host: str
    port: int
    keys: tuple[PublicKey, ...]
    pinned: tuple[str, ...] = ()
    is_jump_host: bool = False

    @property
    def fingerprint(self) -> str:
        """``SHA256:...`` of the first key."""
        return self.keys[0].fingerprint

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """``SHA256:...`` of every key; one of them is the one that its owner published."""
        return tuple(key.fingerprint for key in self.keys)

    @property
    def is_pinned(self) -> bool:
        """True where it shows a confirmed key."""
        return not set(self.pinned).isdisjoint(self.fingerprints)


@dataclass(frozen=True, slots=True)
class HostTrust:
    """Asks the hosts on a way for their keys, and pins what the user confirms."""

    hops: Sequence[Route]
    hostkeys: HostKeys
    unlock: Callable[[], str | None]  # Returns the passphrase of the user's key

    def unknown_host(self) -> ShownHost | None:
        """Return the first host without a pinned key, with its keys of all kinds."""
        for shown, hop in self._shown_hosts():
            if shown.pinned and not shown.is_pinned:
                raise changed_error(shown.host, shown.keys, shown.pinned)
            if not shown.pinned:
                return self._with_all_kinds(shown, hop)
        return None

    def last_shown(self) -> ShownHost:
        """Return the last host that can be asked."""
        return [shown for shown, _ in self._shown_hosts()][-1]

    def trust(self, fingerprint: str) -> None:
        """Pin the key with this fingerprint, of any kind and of any host on the way."""
        mark = parse_fingerprint(fingerprint)
        for is_thorough in (False, True):
            # The host that waits for its first key comes first.
            hosts = sorted(self._shown_hosts(), key=lambda pair: pair[0].is_pinned)
            for found, hop in hosts:
                shown = self._with_all_kinds(found, hop) if is_thorough else found
                key = _key_of(shown, mark)
                if key is None:
                    continue
                if shown.pinned and not shown.is_pinned:
                    raise changed_error(shown.host, (key,), shown.pinned)
                self.hostkeys.trust(shown.host, shown.port, key)
                return
        raise _not_shown(self._with_all_kinds(*hosts[0]), mark)

    def replace(self, old: Sequence[str], new: str) -> None:
        """Replace pinned keys of a host by one that it shows; else change nothing."""
        gone = self._pinned_hop(old)
        mark = parse_fingerprint(new)
        for found, hop in self._shown_hosts():
            if (found.host, found.port) != (gone.name, gone.name_port):
                continue
            shown = self._with_all_kinds(found, hop)
            key = _key_of(shown, mark)
            if key is None:
                raise _not_shown(shown, mark)
            self.hostkeys.trust(shown.host, shown.port, key)
            self.forget(
                [fingerprint for fingerprint in old if parse_fingerprint(fingerprint) != mark]
            )
            return
        raise HostKeyError(
            f"The host key of {gone.name} cannot be read.",
            why="The key of a jump host before it is not confirmed.",
            advice="Confirm that one first.",
        )

    def forget(self, fingerprints: Sequence[str]) -> None:
        """Remove pinned keys of a host."""
        if fingerprints:
            hop = self._pinned_hop(fingerprints)
            for mark in fingerprints:
                self.hostkeys.forget(hop.name, hop.name_port, mark)

    def _pinned_hop(self, fingerprints: Sequence[str]) -> Route:
        """Return the host on the way for which these fingerprints are pinned."""
        marks = {parse_fingerprint(text) for text in fingerprints}
        pins = [set(self.hostkeys.pinned(hop.name, hop.name_port)) for hop in self.hops]
        for hop, pinned in zip(self.hops, pins, strict=True):
            if marks <= pinned:
                return hop
        raise HostKeyError(
            f"No confirmed host key has the fingerprint {', '.join(sorted(marks))}.",
            why=f"Confirmed: {', '.join(sorted(set().union(*pins))) or 'none'}.",
            advice="Copy it from the error that names the pinned fingerprints.",
        )

    def _shown_hosts(self) -> Iterator[tuple[ShownHost, Route]]:
        """Yield what the hosts show, up to the first that shows no pinned key."""
        for hop in self.hops:
            keys = self._tunnel(hop).host_keys(all_kinds=False)
            pinned = self.hostkeys.pinned(hop.name, hop.name_port)
            is_jump_host = hop is not self.hops[-1]
            shown = ShownHost(hop.name, hop.name_port, keys, pinned, is_jump_host)
            if pinned and not shown.is_pinned:  # a fingerprint may be that of another kind
                shown = self._with_all_kinds(shown, hop)
            yield shown, hop
            if not shown.is_pinned:
                return

    def _with_all_kinds(self, shown: ShownHost, hop: Route) -> ShownHost:
        return replace(shown, keys=self._tunnel(hop).host_keys())

    def _tunnel(self, hop: Route) -> Tunnel:
        # A host shows its key before the login: only a jump host before it wants a key.
        return Tunnel(hop, self.hostkeys, self.unlock() if hop.via else None)


def _key_of(shown: ShownHost, fingerprint: str) -> PublicKey | None:
    return next((key for key in shown.keys if key.fingerprint == fingerprint), None)


def _not_shown(shown: ShownHost, fingerprint: str) -> HostKeyChangedError:
    names = tuple(f"{key.kind} {key.fingerprint}" for key in shown.keys)
    return HostKeyChangedError(
        f"The server {shown.host} does not show the confirmed host key.",
        why=f"Confirmed: {fingerprint}; shown: {', '.join(names)}.",
        advice="Do not continue. Ask neuropacs support which fingerprint is right.",
        fingerprint=shown.fingerprint,
        shown=names,
        pinned=shown.pinned,
    )
