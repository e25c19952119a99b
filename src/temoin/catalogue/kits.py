"""Kits and instruments: maker, reference, reading window, and the names under which files know them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, reduce
from pathlib import Path
from types import MappingProxyType

from temoin.catalogue.kinds import Kind, Loinc, Target, load_kinds, load_loincs
from temoin.catalogue.measures import Limits, limits_in
from temoin.catalogue.outcomes import Specimen, fold_name, load_specimens
from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import DataFileError, Entry, parse_data, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of

KITS_FILE = "kits.toml"  # beside temoin.toml, where a newer one was loaded
_loaded: Path | None = None  # the catalogue file that `temoin catalogue load` took for this process's folder


class CountsFrom(StrEnum):
    """From where the minutes of a reading window count."""

    SAMPLE = "sample"  # put on the kit at once: the start may be told, and is the sampling unless it is
    START = "start"  # the sample may stand for a while: the start is asked for


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit; `reports` maps each LOINC a file may give for it to the kind of test the row is kept as.

    What no source tells is empty: the box and the leaflet in hand say it, and nobody guesses.
    """

    code: str
    manufacturer: str
    reference: str
    name: str
    source: Label
    kind: str
    gtin: str
    read_after_minutes: int | None  # None where no source tells the reading window
    read_before_minutes: int | None  # None for an instrument that keeps its own result
    counts_from: CountsFrom
    sample_keeps_minutes: int
    specimens: tuple[Specimen, ...]
    known_as: tuple[str, ...]
    reports: Mapping[str, str]
    tests: int | None  # in a box
    store_from: int | None  # degrees Celsius
    store_to: int | None
    eu_list: str = ""  # the kit's number in the EU's common list
    limits: Limits = field(default_factory=dict)  # of what it measures, by unit; empty where no source tells

    @property
    def is_known(self) -> bool:
        """Tell whether the catalogue has the kit; one that it lost is shown by its code, and used nowhere."""
        return bool(self.kind)

    @property
    def window_is_known(self) -> bool:
        """Tell whether the catalogue knows when the kit is read."""
        return self.read_after_minutes is not None

    @property
    def sample_keeps(self) -> timedelta:
        """How long before the start a sample may be taken; nothing when it goes on the kit at once."""
        return timedelta(minutes=self.sample_keeps_minutes)

    def label(self, lang: str) -> str:
        """Return maker and name, which are the same in every language."""
        del lang
        return f"{self.manufacturer} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class KitMatch:
    """What a file's device name and LOINC stand for: a device, the kind of test and its target.

    `kit` is None for one outside the catalogue whose LOINC is allowed; `manufacturer` then says that nobody told.
    """

    kit: Kit | None
    device_name: str
    manufacturer: Label
    reference: str
    kind: Kind
    target: Target
    loinc: Loinc


@dataclass(frozen=True, slots=True)
class Recall:
    """A manufacturer's notice that lots of a kit are recalled; `source` is where it was published.

    `told_on` is the day since which a pharmacy can know of it: of the review that brought it, if that is later.
    """

    kit: str
    numbers: tuple[str, ...]
    reference: str
    on: date
    source: str
    is_lifted: bool  # by the manufacturer: only a notice that says so ends one
    told_on: date

    @property
    def key(self) -> tuple[str, str]:
        """Return what two files name the same notice by."""
        return self.kit, self.reference


@dataclass(frozen=True, slots=True)
class KitList:
    """Everything the kits' data file says."""

    review: Review
    kits: Mapping[str, Kit]
    names: Mapping[str, str]  # the code of the kit that each folded name of a file means
    recalls: tuple[Recall, ...]
    unlisted_manufacturer: Label
    unlisted_reports: Mapping[str, str]

    def notice_of(self, kit: str, number: str) -> Recall | None:
        """Return the notice by which the maker of a lot recalls it."""
        return next((one for one in self.standing if one.kit == kit and number in one.numbers), None)

    @property
    def standing(self) -> tuple[Recall, ...]:
        """Return the notices that hold."""
        return tuple(one for one in self.recalls if not one.is_lifted)


@cache
def load_kits() -> KitList:
    """Return the kits and the allow list for devices outside it: this release's, with those of the files loaded.

    ConfigError names the file beside `temoin.toml` that cannot be read.
    """
    return kits_of(() if _loaded is None else loaded_files(_loaded))


def kits_of(files: Iterable[Path]) -> KitList:
    """Return what this release and catalogue files say together, whichever was reviewed last first."""
    try:
        lists = [build_kits(read_data("catalogue", KITS_FILE), load_kinds()), *(read_kits(file) for file in files)]
    except DataFileError as error:
        raise ConfigError(f"The catalogue of kits cannot be read: {error}. Load a newer one.") from error
    return reduce(newer_of, lists)


def read_kits(path: Path) -> KitList:
    """Read a catalogue file; DataFileError names what is wrong with it."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise DataFileError(path.name, "file", "", f"is not text in UTF-8: {error}") from error
    return build_kits(parse_data(path.name, text), load_kinds())


def use_kits_file(path: Path) -> None:
    """Have this process use a catalogue file that was loaded; to be said before anybody asks for a kit."""
    global _loaded
    _loaded = path
    load_kits.cache_clear()


def loaded_files(path: Path) -> list[Path]:
    """Return the catalogue files of a folder: those before, for the lots of their kits, and the one loaded last."""
    return [*sorted(path.parent.glob(f"{path.stem}-????-??-??{path.suffix}")), *([path] if path.is_file() else [])]


def kept_as(path: Path, review: Review) -> Path:
    """Return where a catalogue file stays when a newer one takes its place."""
    return path.with_name(f"{path.stem}-{review.on}{path.suffix}")


def newer_of(first: KitList, second: KitList) -> KitList:
    """Return the list that was reviewed last, with what only the other knows.

    Lots in stock may be of kits that the newer does not name, and no notice of a recall lapses by silence. A name that
    both give means what the newer says: a file in use can become wrong by no other.
    """
    older, newer = sorted((first, second), key=lambda one: one.review.on)
    left = {code: one for code, one in older.kits.items() if code not in newer.kits}
    names = {name: code for name, code in older.names.items() if code in left}
    return replace(
        newer,
        kits=MappingProxyType({**newer.kits, **left}),
        names=MappingProxyType({**names, **newer.names}),
        recalls=_united(older.recalls, newer.recalls),
    )


def _united(older: tuple[Recall, ...], newer: tuple[Recall, ...]) -> tuple[Recall, ...]:
    """Return the notices of both lists; one that both have is as the newer says, and was known since the older did."""
    before, named = {one.key: one for one in older}, {one.key for one in newer}
    known = [
        replace(one, told_on=before[one.key].told_on)
        if one.key in before and set(one.numbers) <= set(before[one.key].numbers)
        else one
        for one in newer
    ]
    return (*known, *(one for one in older if one.key not in named))


def kits() -> tuple[Kit, ...]:
    """Return every kit, in the order of the data file."""
    return tuple(load_kits().kits.values())


def kits_for(kind: str) -> tuple[Kit, ...]:
    return tuple(kit for kit in kits() if kit.kind == kind)


def kit(code: str) -> Kit:
    """Return a kit by its code; for a code that the catalogue does not have, or lost, a kit that says no more."""
    return load_kits().kits.get(code) or _unknown_kit(code)


def allowed_loincs() -> frozenset[str]:
    """Return the LOINC codes taken from a device that is not in the catalogue."""
    return frozenset(load_kits().unlisted_reports)


def find_kit(name: str, loinc: str) -> KitMatch | None:
    """Return what a device name and a LOINC code of a file stand for, or None when the pair is not known."""
    found = kit_named(name)
    if found is not None and loinc in found.reports:
        return _match(found, name, loinc)
    if loinc in load_kits().unlisted_reports:
        return _match(None, name, loinc)
    return None


def knows_device(name: str) -> bool:
    """Say whether a device name of a file is in the catalogue, whatever it may report."""
    return kit_named(name) is not None


def kit_of_gtin(gtin: str) -> Kit | None:
    """Return whose number it is; None for a code that has none, as some kits have none either."""
    return next((kit for kit in kits() if kit.gtin == gtin), None) if gtin else None


def build_kits(file: Entry, kinds: Mapping[str, Kind]) -> KitList:
    review = review_of(file)
    unlisted = file.table("unlisted")
    manufacturer, reports = unlisted.label("manufacturer"), _reports(unlisted, kinds)
    unlisted.finish()
    found = {code: _kit(code, entry, kinds) for code, entry in file.children("kits")}
    recalls = tuple(_recall(entry, found, review) for entry in file.tables("recalls"))
    file.finish()
    return KitList(review, MappingProxyType(found), _names(found, file.file), recalls, manufacturer, reports)


def _recall(entry: Entry, kits: Mapping[str, Kit], review: Review) -> Recall:
    day = entry.day("on")
    recall = Recall(
        kit=entry.choice("kit", tuple(kits)),
        numbers=entry.some_texts("numbers"),
        reference=entry.text("reference"),
        on=day,
        source=entry.text("source"),
        is_lifted=entry.flag("lifted"),
        told_on=max(day, review.on),
    )
    entry.finish()
    return recall


def _names(kits: Mapping[str, Kit], file: str) -> Mapping[str, str]:
    """Index kits by folded name; a name that two kits of a file bear is refused, since a result could mean either."""
    index: dict[str, str] = {}
    for item in kits.values():
        for name in {fold_name(name) for name in (item.name, *item.known_as)}:
            if name in index:
                raise Entry(file, f"kits.{item.code}", {}).error("known_as", "names another kit too")
            index[name] = item.code
    return MappingProxyType(index)


def is_gtin(code: str) -> bool:
    """Say whether a text is a GTIN of 14 digits with the right check digit (GS1, weights 3 and 1)."""
    if len(code) != 14 or not (code.isascii() and code.isdigit()):
        return False
    return sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(code)) % 10 == 0


def kit_named(name: str) -> Kit | None:
    """Return the kit that a file names so."""
    code = load_kits().names.get(fold_name(name))
    return None if code is None else load_kits().kits[code]


def _unknown_kit(code: str) -> Kit:
    return Kit(
        code=code,
        manufacturer="",
        reference="",
        name=code,
        source=Label(fr="Le catalogue ne connaît pas ce dispositif.", en="The catalogue does not know this kit."),
        kind="",
        gtin="",
        read_after_minutes=None,
        read_before_minutes=None,
        counts_from=CountsFrom.SAMPLE,
        sample_keeps_minutes=0,
        specimens=(),
        known_as=(),
        reports=MappingProxyType({}),
        tests=None,
        store_from=None,
        store_to=None,
    )


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
        reference=entry.optional_text("reference"),
        name=entry.text("name"),
        source=entry.label("source"),
        kind=entry.choice("kind", tuple(kinds)),
        gtin=entry.optional_text("gtin"),
        read_after_minutes=entry.wait("read_after_minutes") if entry.has("read_after_minutes") else None,
        read_before_minutes=entry.minutes("read_before_minutes") if entry.has("read_before_minutes") else None,
        counts_from=_counts_from(entry),
        sample_keeps_minutes=entry.minutes("sample_keeps_minutes") if entry.has("sample_keeps_minutes") else 0,
        specimens=tuple(known[name] for name in entry.choices("specimens", tuple(known)))
        if entry.has("specimens")
        else (),
        known_as=entry.texts("known_as"),
        reports=_reports(entry, kinds),
        tests=entry.count("tests"),
        store_from=entry.degrees("store_from"),
        store_to=entry.degrees("store_to"),
        eu_list=entry.optional_text("eu_list"),
        limits=limits_in(entry, "limits"),
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
    if kit.read_before_minutes is not None and kit.read_before_minutes <= (
        kit.read_after_minutes or kit.read_before_minutes
    ):
        raise entry.error("read_before_minutes", "must come after read_after_minutes")
    if kit.sample_keeps_minutes and kit.counts_from is CountsFrom.SAMPLE:
        raise entry.error("sample_keeps_minutes", "is for a kit that counts from its start")
    if (kit.store_from is None) != (kit.store_to is None) or (kit.store_from or 0) > (kit.store_to or 0):
        raise entry.error("store_to", "must stand with store_from, and be no colder")
    if not set(kit.limits) <= kinds[kit.kind].units:
        raise entry.error("limits", "names a unit in which its kind of test measures nothing")
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
