"""Kits and instruments: maker, reference, reading window, and the names under which files know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from temoin.catalogue.kinds import Kind, Loinc, Target, load_kinds, load_loincs
from temoin.catalogue.outcomes import Specimen, fold_name, load_specimens
from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label


class CountsFrom(StrEnum):
    """From where the minutes of a reading window count."""

    SAMPLE = "sample"  # put on the kit at once: the start may be told, and is the sampling unless it is
    START = "start"  # the sample may stand for a while: the start is asked for


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit; `reports` maps each LOINC a file may give for it to the kind of test the row is kept as."""

    code: str
    manufacturer: str
    reference: str
    name: str
    kind: str
    gtin: str
    read_after_minutes: int
    read_before_minutes: int | None  # None for an instrument that keeps its own result
    counts_from: CountsFrom
    sample_keeps_minutes: int
    specimens: tuple[Specimen, ...]
    known_as: tuple[str, ...]
    reports: Mapping[str, str]

    @property
    def sample_keeps(self) -> timedelta:
        """How long before the start a sample may be taken; nothing when it goes on the kit at once."""
        return timedelta(minutes=self.sample_keeps_minutes)

    def label(self, lang: str) -> str:
        """Return maker and name, which are the same in every language."""
        del lang
        return f"{self.manufacturer} {self.name}"


@dataclass(frozen=True, slots=True)
class KitMatch:
    """What a file's device name and LOINC stand for: a device, the kind of test and its target.

    `kit` is None for a device outside the catalogue whose LOINC is on the allow list; `manufacturer` then
    says, in both languages, that the file did not tell.
    """

    kit: Kit | None
    device_name: str
    manufacturer: Label
    reference: str
    kind: Kind
    target: Target
    loinc: Loinc


@dataclass(frozen=True, slots=True)
class KitList:
    """Everything the kits' data file says."""

    kits: Mapping[str, Kit]
    unlisted_manufacturer: Label
    unlisted_reports: Mapping[str, str]


@cache
def load_kits() -> KitList:
    """Return the kits and the allow list for devices outside it."""
    return build_kits(read_data("catalogue", "kits.toml"), load_kinds())


def kits() -> tuple[Kit, ...]:
    """Return every kit, in the order of the data file."""
    return tuple(load_kits().kits.values())


def kits_for(kind: str) -> tuple[Kit, ...]:
    return tuple(kit for kit in kits() if kit.kind == kind)


def kit(code: str) -> Kit:
    """Return a kit by its code; KeyError for a code that is not ours."""
    return load_kits().kits[code]


def allowed_loincs() -> frozenset[str]:
    """Return the LOINC codes taken from a device that is not in the catalogue."""
    return frozenset(load_kits().unlisted_reports)


def find_kit(name: str, loinc: str) -> KitMatch | None:
    """Return what a device name and a LOINC code of a file stand for, or None when the pair is not known."""
    found = _kits_by_name().get(fold_name(name))
    if found is not None and loinc in found.reports:
        return _match(found, name, loinc)
    if loinc in load_kits().unlisted_reports:
        return _match(None, name, loinc)
    return None


def knows_device(name: str) -> bool:
    """Say whether a device name of a file is in the catalogue, whatever it may report."""
    return fold_name(name) in _kits_by_name()


def kit_of_gtin(gtin: str) -> Kit | None:
    return next((kit for kit in kits() if kit.gtin == gtin), None)


def build_kits(file: Entry, kinds: Mapping[str, Kind]) -> KitList:
    unlisted = file.table("unlisted")
    manufacturer, reports = unlisted.label("manufacturer"), _reports(unlisted, kinds)
    unlisted.finish()
    found = {code: _kit(code, entry, kinds) for code, entry in file.children("kits")}
    file.finish()
    index_kits(found)
    return KitList(MappingProxyType(found), manufacturer, reports)


def index_kits(kits: Mapping[str, Kit]) -> Mapping[str, Kit]:
    """Index kits by folded name; a name that two kits bear is refused, since a file could mean either."""
    index: dict[str, Kit] = {}
    for item in kits.values():
        for name in {fold_name(name) for name in (item.name, *item.known_as)}:
            if name in index:
                raise Entry("kits.toml", f"kits.{item.code}", {}).error("known_as", "names another kit too")
            index[name] = item
    return MappingProxyType(index)


def is_gtin(code: str) -> bool:
    """Say whether a text is a GTIN of 14 digits with the right check digit (GS1, weights 3 and 1)."""
    if len(code) != 14 or not (code.isascii() and code.isdigit()):
        return False
    return sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(code)) % 10 == 0


@cache
def _kits_by_name() -> Mapping[str, Kit]:
    return index_kits(load_kits().kits)


def _match(found: Kit | None, name: str, loinc: str) -> KitMatch:
    listed = load_kits()
    reports = listed.unlisted_reports if found is None else found.reports
    kind = load_kinds()[reports[loinc]]
    return KitMatch(
        kit=found,
        device_name=name.strip() if found is None else found.name,
        manufacturer=listed.unlisted_manufacturer
        if found is None
        else Label(fr=found.manufacturer, en=found.manufacturer),
        reference="" if found is None else found.reference,
        kind=kind,
        target=kind.targets[0],  # the only one: `_reports` refuses a kind with several
        loinc=load_loincs()[loinc],
    )


def _kit(code: str, entry: Entry, kinds: Mapping[str, Kind]) -> Kit:
    known = load_specimens()
    kit = Kit(
        code=code,
        manufacturer=entry.text("manufacturer"),
        reference=entry.text("reference"),
        name=entry.text("name"),
        kind=entry.choice("kind", tuple(kinds)),
        gtin=entry.optional_text("gtin"),
        read_after_minutes=entry.minutes("read_after_minutes"),
        read_before_minutes=entry.minutes("read_before_minutes") if entry.has("read_before_minutes") else None,
        counts_from=_counts_from(entry),
        sample_keeps_minutes=entry.minutes("sample_keeps_minutes") if entry.has("sample_keeps_minutes") else 0,
        specimens=tuple(known[name] for name in entry.choices("specimens", tuple(known))),
        known_as=entry.texts("known_as"),
        reports=_reports(entry, kinds),
    )
    entry.finish()
    _check_kit(kit, entry, kinds)
    return kit


def _counts_from(entry: Entry) -> CountsFrom:
    if not entry.has("counts_from"):
        return CountsFrom.SAMPLE
    return CountsFrom(entry.choice("counts_from", tuple(CountsFrom)))


def _check_kit(kit: Kit, entry: Entry, kinds: Mapping[str, Kind]) -> None:
    if kit.gtin and not is_gtin(kit.gtin):
        raise entry.error("gtin", "is not a GTIN of 14 digits with the right check digit")
    if kit.read_before_minutes is not None and kit.read_before_minutes <= kit.read_after_minutes:
        raise entry.error("read_before_minutes", "must come after read_after_minutes")
    if kit.sample_keeps_minutes and kit.counts_from is CountsFrom.SAMPLE:
        raise entry.error("sample_keeps_minutes", "is for a kit that counts from its start")
    for specimen in kit.specimens:
        if not kinds[kit.kind].allows_specimen(specimen.code):
            raise entry.error("specimens", f"names {specimen.code}, which its kind of test does not take")


def _reports(entry: Entry, kinds: Mapping[str, Kind]) -> Mapping[str, str]:
    reports = entry.mapping("reports")
    for loinc, kind in reports.items():
        if kind not in kinds or kinds[kind].target_of(loinc) is None:
            raise entry.error(f"reports.{loinc}", f"is not a LOINC code of a kind of test named {kind}")
        if len(kinds[kind].targets) != 1:
            raise entry.error(f"reports.{loinc}", "must name a kind with one target: a row is one finding")
    return MappingProxyType(reports)
