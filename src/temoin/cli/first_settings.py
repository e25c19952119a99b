"""The first settings file of a site: what `temoin init` asks, and the text it makes of the answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from temoin.settings.database import DATABASE_ROLES

MAIL_PASSWORD = "keys/mail.password"  # noqa: S105 a path


@dataclass(frozen=True, kw_only=True)
class SiteAnswers:
    """What only the operator knows."""

    staff_url: str
    portal_url: str
    databases: tuple[str, ...]
    host_name: str
    hds_certificate: str | None
    hds_expires: date | None
    mail_host: str
    mail_port: int
    mail_security: str
    mail_sender: str
    mail_user: str | None
    operator: str


def settings_text(answers: SiteAnswers, state: Path) -> str:
    """Return temoin.toml; what it leaves out has its default, and stands in the documentation's example."""
    return (
        "\n\n".join(
            [
                "# Written by temoin init. Every other setting: temoin.example.toml of the documentation.",
                _table("site", demo=False, staff_url=answers.staff_url, portal_url=answers.portal_url),
                _table("database", **_places(answers.databases)),
                _table("database.passwords", **{role: f"keys/{role}.password" for role in DATABASE_ROLES}),
                _table("keys", root="keys/root.key", django="keys/django.key"),
                _hosting(answers),
                _mail(answers),
                _table("alarms", operator=answers.operator),
                _table("retention", key_ledger=str(state / "ledger" / "destroyed-keys.jsonl")),
                _table(
                    "journal",
                    origin=f"{urlsplit(answers.staff_url).hostname}/journal",
                    key="keys/journal.key",
                    folder=str(state / "checkpoints"),
                ),
            ]
        )
        + "\n"
    )


def _table(name: str, /, **entries: str | int | tuple[str, ...]) -> str:
    # A JSON text, number, truth or list of these is one in TOML too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join([f"[{name}]", *lines])


def _places(databases: tuple[str, ...]) -> dict[str, str | tuple[str, ...]]:
    only = databases[0] if len(databases) == 1 else ""
    return {"host": only} if only and ":" not in only else {"hosts": databases}


def _hosting(answers: SiteAnswers) -> str:
    if answers.hds_certificate is None:
        return _table("hosting", self_hosted=True, name=answers.host_name)
    table = _table("hosting", name=answers.host_name, certificate=answers.hds_certificate)
    return f"{table}\nexpires = {answers.hds_expires}"


def _mail(answers: SiteAnswers) -> str:
    account = {} if answers.mail_user is None else {"user": answers.mail_user, "password_file": MAIL_PASSWORD}
    return _table(
        "email",
        host=answers.mail_host,
        port=answers.mail_port,
        security=answers.mail_security,
        sender=answers.mail_sender,
        **account,
    )
