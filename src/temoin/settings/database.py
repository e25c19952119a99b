"""The section [database]: where PostgreSQL is, how long it may be silent, and the file of each role's password."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import ValidationInfo, model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.private_socket import PORT, socket_folder
from temoin.lib.section import PORTS, Number, Place, Port, Switch, Text, fitting, refuse_setting, section, within
from temoin.settings.secrets import check_secret

DATABASE_ROLES: Final = ("owner", "app", "worker", "portal", "keeper", "sealer", "authority")


class SessionKind(StrEnum):
    """Which of several servers a connection is kept to, as libpq names it."""

    ANY = "any"
    READ_WRITE = "read-write"
    PRIMARY = "primary"


@section
class Passwords:
    """The file of each role's password."""

    owner: Place
    app: Place
    worker: Place
    portal: Place
    keeper: Place
    sealer: Place
    authority: Place | None = None  # of a site that serves the authority


def _host_and_port(text: str) -> tuple[str, int | None] | None:
    """Return the parts of `name`, `name:port` or `[address]:port`; None for what is none of them."""
    if text.startswith("["):
        host, closing, port = text[1:].partition("]")
        port = port if port.startswith(":") or not port else "?"
        port = port.removeprefix(":") if closing else "?"
    elif text.count(":") > 1:
        return text, None  # an IPv6 address without a port
    else:
        host, _, port = text.partition(":")
        port = port or ("?" if text.endswith(":") else "")
    if not host or "," in host or " " in host or (port and not (port.isascii() and port.isdigit())):
        return None
    return (host, int(port) if port else None) if not port or int(port) in PORTS else None


Host = Annotated[Text, fitting(_host_and_port, "must be a name, name:port or [address]:port")]


@section
class Database:
    """Where PostgreSQL is, whether a pooler stands before it, how long it may be silent, and the roles' passwords."""

    embedded: Place | None = None  # the folder of a server of our own, in the place of host and port
    host: Text
    port: Port = PORT
    hosts: tuple[Host, ...] = ()  # several, tried in order, in the place of host: a primary and its standbys
    target_session_attrs: SessionKind | None = None  # unless told: with several hosts, the one that takes writes
    name: Text = "temoin"
    pooled: Switch = False
    direct_host: Text | None = None  # the server itself behind the pooler, where workers listen
    direct_port: Port = PORT
    # As libpq has them. A server that vanishes without a word holds a thread for as long as the silence, and then for
    # as long as the new connection may take: together less than ten seconds.
    connect_timeout: Annotated[Number, within(range(2, 31))] = 3  # seconds, for each host
    tcp_user_timeout: Annotated[Number, within(range(1_000, 60_001))] = 5_000  # milliseconds until what left is taken
    keepalives_idle: Annotated[Number, within(range(1, 601))] = 4  # seconds of silence before it is asked
    keepalives_interval: Annotated[Number, within(range(1, 61))] = 1  # seconds between two questions
    keepalives_count: Annotated[Number, within(range(1, 11))] = 2  # unanswered, after which it is given up
    passwords: Passwords

    @model_validator(mode="before")
    @classmethod
    def _find_host(cls, told: Any, info: ValidationInfo) -> Any:
        """Say where the socket of an embedded server is, and which host is the first of several."""
        if not isinstance(told, dict):
            return told
        if isinstance(told.get("embedded"), str):
            for key in ("host", "hosts"):
                if key in told:
                    refuse_setting("cannot stand beside embedded: keep one of the two", key)
            folder = (info.context or {})["folder"] / told["embedded"]
            return {**told, "host": str(socket_folder(folder)), "port": PORT}
        if "hosts" in told and "host" in told:
            refuse_setting("cannot stand beside host: keep one of the two", "hosts")
        named = told.get("hosts")
        if isinstance(named, list) and named and isinstance(named[0], str):
            return {**told, "host": named[0] or " "}
        return told

    @model_validator(mode="after")
    def _refuse_direct(self) -> Database:
        if self.direct_host is not None and not self.pooled:
            refuse_setting("stands beside pooled = true: without a pooler, host is the server", "direct_host")
        return self

    @property
    def way(self) -> dict[str, Any]:
        """Return how every connection is made, in the driver's words: where, and for how long silence is borne."""
        named = [_host_and_port(one) for one in self.hosts]
        places = [(each[0], each[1] or self.port) for each in named if each] or [(self.host, self.port)]
        return {
            "host": ",".join(host for host, _ in places),
            "port": ",".join(str(port) for _, port in places),
            **self._limits(len(places)),
        }

    @property
    def direct(self) -> Mapping[str, Any] | None:
        """Return the way to the server itself: a pooler hands the notices of PostgreSQL to somebody else."""
        if not self.pooled:
            return self.way
        if self.direct_host is None:
            return None
        return {"host": self.direct_host, "port": str(self.direct_port), **self._limits(1)}

    def _limits(self, places: int) -> dict[str, Any]:
        several = SessionKind.READ_WRITE if places > 1 else SessionKind.ANY
        return {
            "target_session_attrs": (self.target_session_attrs or several).value,
            "connect_timeout": self.connect_timeout,
            "tcp_user_timeout": self.tcp_user_timeout,
            "keepalives_idle": self.keepalives_idle,
            "keepalives_interval": self.keepalives_interval,
            "keepalives_count": self.keepalives_count,
        }

    def password_file(self, role: str) -> Path:
        """Return the file of a role's password."""
        path: Path | None = getattr(self.passwords, role)
        if path is None:
            raise ConfigError(f"[database.passwords] has no {role}: name the file of its password.")
        return path

    def password(self, role: str) -> str:
        """Return a role's password, read from its file."""
        path = self.password_file(role)
        check_secret(path, f"password of temoin_{role}")
        return path.read_text(encoding="utf-8").strip()
