"""The ports of a demonstration: the fixed ones, one of each channel that has its own, open lines, the authority."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.cli.numbers import HIGHEST_PORT, within
from temoin.settings.channels import AnyChannel, all_channels

LOOPBACK = "127.0.0.1"
FIXED = ("staff", "portal", "sandbox", "smtp", "witness")


def own_ports() -> list[str]:
    """Return the names of the channels that the sandbox listens to at a port of their own."""
    return [each.name for each in all_channels() if each.demo is not None and each.demo.has_port]


def count() -> int:
    """Return how many ports a demonstration takes."""
    return len(FIXED) + len(own_ports()) + 2


def first_port(text: str) -> int:
    """Return the first of the ports of a demonstration, which need room above it."""
    return within(text, 1, HIGHEST_PORT - count() + 1)


@dataclass(frozen=True)
class Ports:
    """The ports of a demonstration; those of channels are used where results go that way."""

    base: int

    @property
    def staff(self) -> int:
        return self._at("staff")

    @property
    def portal(self) -> int:
        return self._at("portal")

    @property
    def sandbox(self) -> int:
        return self._at("sandbox")

    @property
    def smtp(self) -> int:
        return self._at("smtp")

    @property
    def witness(self) -> int:
        return self._at("witness")

    @property
    def lines(self) -> int:
        """Return the port at which programs hold lines open, where the demonstration listens."""
        return self.base + count() - 2

    @property
    def authority(self) -> int:
        return self.base + count() - 1

    def of(self, channel: AnyChannel) -> int:
        """Return the port at which the sandbox answers for a channel."""
        own = own_ports()
        return self.base + len(FIXED) + own.index(channel.name) if channel.name in own else self.sandbox

    def _at(self, name: str) -> int:
        return self.base + FIXED.index(name)

    def url(self, port: int) -> str:
        return f"http://{LOOPBACK}:{port}"

    @property
    def staff_url(self) -> str:
        """Return the one address of the staff site: a passkey belongs to a name, browsers make none for a number."""
        return f"http://localhost:{self.staff}"

    @property
    def authority_url(self) -> str:
        """Return the one address of the authority's site, a name likewise."""
        return f"http://localhost:{self.authority}"

    def addresses(self) -> dict[str, str]:
        return {
            "staff": self.staff_url,
            "portal": self.url(self.portal),
            "authority": self.authority_url,
            "sandbox": self.url(self.sandbox),
            "smtp": f"smtp://{LOOPBACK}:{self.smtp}",
            "witness": self.url(self.witness),
        }
