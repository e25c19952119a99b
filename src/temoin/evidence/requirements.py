"""What must be so, each thing judged on values of the pack itself: the four failings of 2021, and the site's upkeep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from temoin.evidence.facts import EvidencePack, RequirementTold

Failing = Literal["hosting", "authentication", "cryptography", "logging", "operation"]
Judge = Callable[[Any], bool]
IDLE_MINUTES, IN_ALL_HOURS = 60, 16  # beyond which no setting of the site goes either
LATE_SEAL, OLD_BACKUP = 60, 48  # seconds; hours, in which two nights' trials have failed


def none(found: Any) -> bool:
    return found in (0, [], {}, None, "", False)


def yes(found: Any) -> bool:
    return found is True


def not_over(left: Any) -> bool:
    return left is None or at_least(0)(left)


def at_most(limit: int) -> Judge:
    return lambda found: isinstance(found, int) and found <= limit


def at_least(limit: int) -> Judge:
    return lambda found: isinstance(found, int) and found >= limit


def one_of(*allowed: Any) -> Judge:
    return lambda found: found in allowed


def begins(words: str) -> Judge:
    return lambda found: isinstance(found, str) and found.startswith(words)


# Code, failing, and how each value is judged, by its JSON pointer.
_ALWAYS: tuple[tuple[str, Failing, Mapping[str, Judge]], ...] = (
    (
        "second-factor",
        "authentication",
        {"/sign_in/passkey_user_verification": one_of("required"), "/sign_in/remembered_browsers": one_of(False)},
    ),
    (
        "passwords",
        "authentication",
        {
            "/sign_in/password_least_length": at_least(12),
            "/sign_in/password_least_bits": at_least(50),
            "/sign_in/password_hash": begins("argon2$argon2id$"),
        },
    ),
    (
        "tries-limited",
        "authentication",
        {"/sign_in/tries/login_failed": bool, "/sign_in/tries/reauthenticate": bool},
    ),
    (
        "sessions-end",
        "authentication",
        {"/sign_in/idle_minutes": at_most(IDLE_MINUTES), "/sign_in/absolute_hours": at_most(IN_ALL_HOURS)},
    ),
    ("root-key-apart", "cryptography", {"/cryptography/root/file_mode": one_of(None, "0400", "0600")}),
    ("destroyed-keys-stay-so", "cryptography", {"/retention/ledger/back": none}),
    (
        "journal-verifies",
        "logging",
        {"/journal/verification/findings": none, "/journal/verification/events": at_least(1)},
    ),
    ("journal-is-sealed", "logging", {"/journal/oldest_waiting_seconds": at_most(LATE_SEAL)}),
    ("earlier-packs-are-there", "logging", {"/journal/earlier_packs_lacking": none}),
    ("tables-of-this-version", "operation", {"/migrations/pending": none, "/migrations/unknown": none}),
    ("check-finds-nothing", "operation", {"/check/findings": none}),
)
_IN_PRODUCTION: tuple[tuple[str, Failing, Mapping[str, Judge]], ...] = (
    ("host-declared", "hosting", {"/hosting/declared": yes, "/hosting/days_left": not_over}),
    ("backup-restores", "operation", {"/backups/hours_since": at_most(OLD_BACKUP), "/backups/fails": one_of(False)}),
    ("log-archived", "operation", {"/backups/log_archived": yes}),
)


def judged(pack: EvidencePack) -> list[RequirementTold]:
    """Return every requirement with the values that it was judged on; a demonstration has no host and no backups."""
    document = pack.model_dump(mode="json")
    table = _ALWAYS if pack.site.demonstration else (*_IN_PRODUCTION, *_ALWAYS)
    found = [_judge(document, code, failing, judges) for code, failing, judges in table]
    return [*found, *_of_lists(pack)]


def _judge(document: Any, code: str, failing: Failing, judges: Mapping[str, Judge]) -> RequirementTold:
    values = {pointer: value_at(document, pointer) for pointer in judges}
    is_so = all(judge(values[pointer]) for pointer, judge in judges.items())
    measured = {p: len(v) if isinstance(v, list | dict) else v for p, v in values.items()}
    return RequirementTold(code=code, failing=failing, is_so=is_so, measured=measured)


def _of_lists(pack: EvidencePack) -> Iterator[RequirementTold]:
    """Judge what is there once for each of many."""
    keys = {f"/cryptography/keys/{n}/wrapped": one.wrapped for n, one in enumerate(pack.cryptography.keys)}
    is_wrapped = all(one.wrapped == one.count for one in pack.cryptography.keys)
    yield RequirementTold(code="keys-wrapped", failing="cryptography", is_so=is_wrapped, measured=dict(keys))
    following = {f"/journal/witnesses/{n}/trouble": one.trouble for n, one in enumerate(pack.journal.witnesses)}
    follow = not any(one.trouble for one in pack.journal.witnesses)
    yield RequirementTold(code="witnesses-follow", failing="logging", is_so=follow, measured=dict(following))
    duties = {f"/retention/duties/{n}/fails": one.fails for n, one in enumerate(pack.retention.duties)}
    is_done = not any(one.fails for one in pack.retention.duties)
    yield RequirementTold(code="duties-done", failing="operation", is_so=is_done, measured=dict(duties))
    altered = {
        f"/versions/libraries/{n}/altered": one.altered for n, one in enumerate(pack.versions.libraries) if one.altered
    }
    yield RequirementTold(code="libraries-as-installed", failing="operation", is_so=not altered, measured=dict(altered))


def value_at(document: Any, pointer: str) -> Any:
    """Return the value that a JSON pointer names; none of ours has a name that would have to be escaped."""
    for name in pointer.split("/")[1:]:
        document = document[int(name)] if isinstance(document, list) else document.get(name)
    return document
