"""The ports of a demonstration, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
COUNT = 8


@dataclass(frozen=True)
class Ports:
    """The eight ports of a demonstration; the last three are used where results go that way."""

    base: int

    @property
    def staff(self) -> int:
        """Return the port of the staff site."""
        return self.base

    @property
    def portal(self) -> int:
        """Return the port of the patients' site."""
        return self.base + 1

    @property
    def sandbox(self) -> int:
        """Return the port of the sandbox authority."""
        return self.base + 2

    @property
    def smtp(self) -> int:
        """Return the port of the sandbox mailbox."""
        return self.base + 3

    @property
    def witness(self) -> int:
        """Return the port of the journal's witness."""
        return self.base + 4

    @property
    def mllp(self) -> int:
        """Return the port of the sandbox authority for HL7 v2."""
        return self.base + 5

    @property
    def sftp(self) -> int:
        """Return the port of the sandbox authority for files."""
        return self.base + 6

    @property
    def mssante(self) -> int:
        """Return the port of the sandbox operator of secure messaging."""
        return self.base + 7

    def url(self, port: int) -> str:
        """Return the address of a port on this machine."""
        return f"http://{LOOPBACK}:{port}"

    @property
    def staff_url(self) -> str:
        """Return the one address of the staff site: a passkey belongs to a name, browsers make none for a number."""
        return f"http://localhost:{self.staff}"

    def addresses(self) -> dict[str, str]:
        """Return every address, by what answers there."""
        return {
            "staff": self.staff_url,
            "portal": self.url(self.portal),
            "sandbox": self.url(self.sandbox),
            "smtp": f"smtp://{LOOPBACK}:{self.smtp}",
            "witness": self.url(self.witness),
        }
