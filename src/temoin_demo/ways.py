"""The ways by which a demonstration's results leave: the channels that say how, in their own folders."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from temoin.outbox.channel import DemoUse
from temoin.settings.channels import AnyChannel, all_channels
from temoin_demo.ports import LOOPBACK, Ports

FIRST_WAY = "fhir"


def ways() -> dict[str, tuple[AnyChannel, DemoUse]]:
    """Return the channels that a demonstration may send by, with how it does."""
    return {each.name: (each, each.demo) for each in all_channels() if each.demo is not None}


def ways_settings(through: Collection[str], ports: Ports, keys: Path) -> str:
    """Return the sections of the ways chosen, and make the keys of both sides that they name."""
    # Imported here: certificates and SSH keys bring libraries that no other command of `temoin` waits for.
    from temoin_sandbox.keys import KEY_MAKERS

    for name in through:
        if name in KEY_MAKERS:
            KEY_MAKERS[name](keys)
    return "\n".join(_filled(use.section, channel, ports, keys) for channel, use in _chosen(through))


def sandbox_words(through: Collection[str], ports: Ports, keys: Path) -> list[str]:
    """Return the command line of a sandbox that listens to the ways chosen."""
    words = ["sandbox", "--port", str(ports.sandbox), "--smtp-port", str(ports.smtp)]
    more = [_filled(word, channel, ports, keys) for channel, use in _chosen(through) for word in use.sandbox]
    return words + more


def _chosen(through: Collection[str]) -> list[tuple[AnyChannel, DemoUse]]:
    known = ways()
    return [known[name] for name in through]


def _filled(text: str, channel: AnyChannel, ports: Ports, keys: Path) -> str:
    return text.format(host=LOOPBACK, port=ports.of(channel), sandbox=ports.url(ports.sandbox), keys=keys)
