"""Puts a pack together: every fact, what must be so, the pages, and the files they become."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from temoin.crypto.notes import NoteVerifier
from temoin.evidence.chain import CHAIN, chain_file
from temoin.evidence.facts import (
    CheckTold,
    ClassTold,
    CryptographyTold,
    EvidencePack,
    KeeperTold,
    RetentionTold,
)
from temoin.evidence.installed import bill_of_materials, versions_told
from temoin.evidence.of_sealer import accounts_by_factor, journal_told, last_days
from temoin.evidence.of_site import algorithms_told, hosting_told, migrations_told, root_told, sign_in_told, site_told
from temoin.evidence.pages import page_files
from temoin.evidence.requirements import judged
from temoin.journal.checkpoint import Checkpoint
from temoin.journal.events import EventKind
from temoin.journal.findings import JournalFinding
from temoin.journal.walk import WalkOutcome
from temoin.retention.classes import load_classes
from temoin.settings.file import Config

FACTS, SCHEMA, BILL = "evidence.json", "evidence.schema.json", "sbom.json"


@dataclass(frozen=True, kw_only=True)
class PackGrounds:
    """What others asked for the pack: the keeper, the verification of the journal, and `temoin check`."""

    made_at: datetime
    keeper: KeeperTold
    check: CheckTold
    verifier: NoteVerifier
    witnesses: Mapping[str, NoteVerifier]
    chain: list[Checkpoint]
    earlier: set[int]
    outcome: WalkOutcome
    findings: Iterable[JournalFinding]


def make_pack(config: Config, measured: PackGrounds) -> EvidencePack:
    """Ask the rest as the sealer, then judge."""
    keeper = measured.keeper
    days = last_days(*_DAYS)
    pack = EvidencePack(
        made_at=measured.made_at,
        site=site_told(config, keeper.pharmacies),
        hosting=hosting_told(config),
        sign_in=sign_in_told(config, accounts_by_factor(keeper.pharmacies)),
        cryptography=_cryptography(config, keeper, days),
        journal=journal_told(
            verifier=measured.verifier,
            chain=measured.chain,
            earlier=measured.earlier,
            outcome=measured.outcome,
            findings=measured.findings,
            witnesses=measured.witnesses,
        ),
        retention=RetentionTold(
            classes=_classes(config),
            duties=keeper.duties,
            ledger=keeper.ledger,
            records_erased_on=days[EventKind.RECORD_ERASED],
        ),
        backups=keeper.backups,
        migrations=migrations_told(),
        check=measured.check,
        versions=versions_told(),
        requirements=[],
    )
    return pack.model_copy(update={"requirements": judged(pack)})


def _cryptography(config: Config, keeper: KeeperTold, days: Mapping[EventKind, date | None]) -> CryptographyTold:
    turned_on, backed_up_on = days[EventKind.ROOT_KEY_TURNED], days[EventKind.ROOT_KEYS_BACKED_UP]
    return CryptographyTold(
        algorithms=algorithms_told(),
        root=root_told(config, turned_on=turned_on, backed_up_on=backed_up_on),
        keys=keeper.keys,
        data_keys_turned_on=days[EventKind.DATA_KEYS_TURNED],
        verified_on=days[EventKind.KEYS_VERIFIED],
    )


_DAYS = (
    EventKind.ROOT_KEY_TURNED,
    EventKind.ROOT_KEYS_BACKED_UP,
    EventKind.DATA_KEYS_TURNED,
    EventKind.KEYS_VERIFIED,
    EventKind.RECORD_ERASED,
)


def pack_files(pack: EvidencePack, chain: Iterable[Checkpoint]) -> dict[str, bytes]:
    """Return the files of a pack by name; the same facts give the same bytes."""
    return {
        FACTS: pack.model_dump_json(indent=1).encode() + b"\n",
        SCHEMA: schema_file(),
        CHAIN: chain_file(chain),
        BILL: bill_of_materials(pack.versions),
        **page_files(pack),
    }


def schema_file() -> bytes:
    """Return the JSON schema of `evidence.json`, made from its types."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **EvidencePack.model_json_schema()}
    return json.dumps(schema, indent=1, ensure_ascii=False).encode() + b"\n"


def _classes(config: Config) -> list[ClassTold]:
    book = load_classes()
    return [
        ClassTold(
            code=one.code,
            ends=one.ends.value,
            days=book.days_of(one.code, config.retention),
            legal_source_known=one.known,
        )
        for one in book.classes.values()
    ]
