"""What an evidence pack says, as types: `evidence.json` is one EvidencePack, and its schema is made from them.

A count is told as it is only where it tells of nobody: see `told_count`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

EXACT_FROM = 10  # fewer of anything could be told to a person,
PHARMACIES = 3  # and what fewer have done, to one of them
Scalar = bool | int | str | None


class EvidencePart(BaseModel):
    """A part of the pack: nothing in it but what is named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CountTold(EvidencePart):
    """At least and at most as many; both the same where the count is exact."""

    least: int
    most: int


class SiteTold(EvidencePart):
    demonstration: bool
    journal: str
    """The journal's name, under which its key is published."""
    staff_address: str
    patient_address: str
    pharmacies: int


class HostingTold(EvidencePart):
    declared: bool
    self_hosted: bool | None
    name: str | None
    certificate: str | None
    expires: date | None
    days_left: int | None


class SignInTold(EvidencePart):
    """The rules in force in the running settings, and how many accounts have which factor."""

    passkey_user_verification: str
    factors: list[str]
    remembered_browsers: bool
    pro_sante_connect: bool
    password_least_length: int
    password_least_bits: int
    password_hash: str
    """How a password hashed while the pack was made begins: algorithm, memory in KiB, passes, lanes."""
    idle_minutes: int
    absolute_hours: int
    step_up_minutes: int
    tries: dict[str, str]
    """For each way in, tries allowed as count / time / for whom."""
    accounts: CountTold
    with_passkey: CountTold
    with_one_time_code: CountTold
    with_no_factor: CountTold
    """Accounts without a second factor here: of people who have not enrolled yet, or who come by Pro Santé Connect."""


class AlgorithmTold(EvidencePart):
    use: str
    algorithm: str
    bits: int


class KeysTold(EvidencePart):
    purpose: str
    count: int
    wrapped: int
    """Of these, how many a root key of the keeper in use wraps."""
    root_keys: int
    oldest: date | None
    newest: date | None
    under_a_month: int
    under_a_year: int
    older: int


class RootTold(EvidencePart):
    keeper: Literal["file", "transit", "pkcs11"]
    file_mode: str | None
    turned_on: date | None
    backed_up_on: date | None


class CryptographyTold(EvidencePart):
    algorithms: list[AlgorithmTold]
    root: RootTold
    keys: list[KeysTold]
    data_keys_turned_on: date | None
    verified_on: date | None


class CutTold(EvidencePart):
    first: int
    end: int
    lost: int


class VerificationTold(EvidencePart):
    """What the whole journal, gone through while the pack was made, was found to be."""

    events: int
    checkpoints: int
    findings: int
    faults: dict[str, int]


class WitnessTold(EvidencePart):
    name: str
    key: str | None
    countersigned: int
    """The size of the last checkpoint of the pack that it has countersigned."""
    behind: int
    trouble: str


class MonthTold(EvidencePart):
    """Events of one month by the house's clock, of all pharmacies together."""

    month: str
    complete: bool
    looks: CountTold
    denials: CountTold
    failed_sign_ins: CountTold
    broken_seals: CountTold


class JournalTold(EvidencePart):
    key: str
    size: int
    root: str
    sealed_at: datetime
    waiting: int
    oldest_waiting_seconds: int
    checkpoints: int
    earlier_packs: int
    earlier_packs_lacking: int
    """Earlier packs of which the journal has no checkpoint any more."""
    verification: VerificationTold
    cuts: list[CutTold]
    witnesses: list[WitnessTold]
    months: list[MonthTold]


class DutyTold(EvidencePart):
    name: str
    last_on: date | None
    overdue_seconds: int
    fails: bool


class ClassTold(EvidencePart):
    code: str
    ends: str
    days: int | None
    legal_source_known: bool


class LedgerTold(EvidencePart):
    destroyed: int
    last_on: date | None
    sha256: str | None
    back: int
    """Keys that were destroyed and are in the database again, as after a restore."""


class RetentionTold(EvidencePart):
    classes: list[ClassTold]
    duties: list[DutyTold]
    ledger: LedgerTold
    records_erased_on: date | None


class BackupTold(EvidencePart):
    verified_at: datetime | None
    hours_since: int | None
    fails: bool
    log_archived: bool


class MigrationsTold(EvidencePart):
    installed: int
    pending: list[str]
    unknown: list[str]


class CheckTold(EvidencePart):
    findings: list[str]
    remarks: list[str]


class LibraryTold(EvidencePart):
    name: str
    version: str
    files: int
    altered: int
    """Files that are not, or no longer, those that were installed."""
    sha256: str
    """Of the list of its files with their hashes."""


class VersionsTold(EvidencePart):
    temoin: str
    python: str
    postgresql: str
    source_files: int
    source_sha256: str
    """Of what sha256sum says of every file of the product, sorted."""
    libraries: list[LibraryTold]


class RequirementTold(EvidencePart):
    """Something that must be so. `measured` names values of this document by JSON pointer."""

    code: str
    failing: Literal["hosting", "authentication", "cryptography", "logging", "operation"]
    is_so: bool
    measured: dict[str, Scalar]


class EvidencePack(EvidencePart):
    format: Literal["temoin-evidence/1"] = "temoin-evidence/1"
    made_at: datetime
    site: SiteTold
    hosting: HostingTold
    sign_in: SignInTold
    cryptography: CryptographyTold
    journal: JournalTold
    retention: RetentionTold
    backups: BackupTold
    migrations: MigrationsTold
    check: CheckTold
    versions: VersionsTold
    requirements: list[RequirementTold]


class KeeperTold(EvidencePart):
    """What the keeper's database role alone may ask; the sealer's asks the rest."""

    pharmacies: int
    keys: list[KeysTold]
    duties: list[DutyTold]
    ledger: LedgerTold
    backups: BackupTold


def told_count(count: int, pharmacies: int, *, complete: bool = True) -> CountTold:
    """Return a count as it may leave: none, exactly, or between which powers of ten.

    What is counted still is never exact: two packs would tell what came between.
    """
    if count == 0 or (complete and count >= EXACT_FROM and pharmacies >= PHARMACIES):
        return CountTold(least=count, most=count)
    power = 10 ** (len(str(count)) - 1)
    return CountTold(least=power, most=10 * power - 1)
