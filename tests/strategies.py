"""Hypothesis strategies shared by the tests: any valid Report, with the names that break careless formats."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import pycountry
from hypothesis import settings
from hypothesis import strategies as st

from temoin.catalogue.kinds import Kind, Loinc, Target, counter_kinds, load_kinds
from temoin.catalogue.measures import Measure, MeasuredUnit
from temoin.catalogue.outcomes import Outcome, Specimen
from temoin.catalogue.questions import KindQuestion
from temoin.lib.quantity import Quantity
from temoin.testing.answers import told_answers
from temoin.testing.report import (
    Address,
    Device,
    Doctor,
    Finding,
    IdentityStatus,
    Organisation,
    PatientIdentity,
    PerformingLaboratory,
    Prescriber,
    Professional,
    Report,
    ReportStatus,
    Sex,
)


def examples(count: int, **changes: Any) -> settings:
    """Settings for a slow property: `count` examples where another has a hundred, in each profile of `conftest`."""
    return settings(max_examples=count * settings().max_examples // 100, **changes)


Facts = dict[str, Any]

PARIS = ZoneInfo("Europe/Paris")
_CAYENNE = timezone(timedelta(hours=-3))
# What people are called and what breaks careless formats: every separator and escape of those we write.
_HARD = (
    "D'ARTAGNAN",
    "LE GOFF-O’NEIL",
    "Zoë Ægidius Çelik",
    "Nguyễn Thị Ánh",
    "Ŵœ ﬁ ß 李小龍",
    "مريم",
    "🙂 👩🏽‍⚕️",
    "<b>&amp;</b>",
    "]]><!--",
    "a|b^c~d\\e&f",
    "\\.br\\ \\T\\",
    "=1+1;\"x\",'y'",
    '{"a": [1]}',
    "%00 ${x} {{ y }}",
    "e\u0301 (décomposé)",
    "DE LA TOUR-SAINT-MAURICE " * 10 + "D'AUVERGNE",
)
_LETTERS = st.characters(exclude_categories=["C", "Z"], include_characters=" ")


@cache
def texts(*, max_size: int = 30) -> st.SearchStrategy[str]:
    """One line of text without control characters, with no space at either end."""
    free = st.text(_LETTERS, min_size=1, max_size=max_size).map(str.strip).filter(bool)
    return st.one_of(st.sampled_from(_HARD), free)


@cache
def paragraphs() -> st.SearchStrategy[str]:
    return st.lists(texts(), min_size=1, max_size=3).map("\n".join)


@cache
def optional(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), strategy)


@cache
def identifiers() -> st.SearchStrategy[str]:
    return st.uuids().map(str)


@cache
def digits(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=size, max_size=size)


@cache
def moments() -> st.SearchStrategy[datetime]:
    return st.datetimes(
        min_value=datetime(2023, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
        max_value=datetime(2032, 12, 31),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, PARIS, _CAYENNE]),
        allow_imaginary=False,
    ).map(_with_fixed_offset)


def _with_fixed_offset(moment: datetime) -> datetime:
    # In the hour that comes twice, Python calls two equal instants of different zones unequal (PEP 495).
    return moment.astimezone(timezone(moment.utcoffset() or timedelta()))


@cache
def addresses() -> st.SearchStrategy[Address]:
    return st.one_of(
        st.just(Address()),
        st.builds(
            Address,
            lines=st.lists(texts(), max_size=3).map(tuple),
            postcode=optional(digits(5)),
            city=texts(),
            county=optional(texts()),
            state=optional(texts()),
            country=st.sampled_from(["", "FRA", *(each.alpha_3 for each in pycountry.countries)]),
        ),
    )


@cache
def patients() -> st.SearchStrategy[PatientIdentity]:
    """Any patient born before 2026; some of them have one name alone."""
    return st.one_of(_patients(), _patients().map(_with_one_name))


def _with_one_name(patient: PatientIdentity) -> PatientIdentity:
    return replace(patient, birth_given_names="", first_birth_given_name="")


@cache
def _patients() -> st.SearchStrategy[PatientIdentity]:
    return st.builds(
        PatientIdentity,
        patient_id=identifiers(),
        birth_family_name=texts(),
        birth_given_names=texts(),
        first_birth_given_name=texts(),
        sex=st.sampled_from(Sex),
        birth_date=st.dates(date(1900, 1, 1), date(2025, 12, 31)),
        birth_place=st.sampled_from(["", "51215", "2A004", "97302", "99126"]),
        used_family_name=optional(texts()),
        used_given_name=optional(texts()),
        nir=st.sampled_from(["", "279035121518989", "253072B07300470", "295109912611193"]),
        identity_status=st.sampled_from(IdentityStatus),
        phone=optional(digits(9).map("+33{}".format)),
        email=st.sampled_from(["", "a.b+c@exemple.fr", "o'neil@exemple.fr"]),
        address=addresses(),
    )


@cache
def professionals() -> st.SearchStrategy[Professional]:
    return st.builds(
        Professional,
        member_id=identifiers(),
        family_name=texts(),
        given_name=optional(texts()),
        rpps=optional(digits(11)),
        profession=st.sampled_from(["", "G15_21/A", "G15_21/D", "G16_21"]),
        profession_display=optional(texts()),
    )


@cache
def doctors() -> st.SearchStrategy[Doctor]:
    return st.builds(
        Doctor,
        family_name=texts(),
        given_name=optional(texts()),
        rpps=optional(digits(11)),
        mailbox=st.sampled_from(["a.b@medecin.mssante.fr", "o'neil+x@mssante.fr"]),
    )


@cache
def prescribers() -> st.SearchStrategy[Prescriber]:
    """Who ordered a test: with a number of the register, of another, or with none."""
    known = {"family_name": texts(), "given_name": optional(texts()), "address": addresses()}
    known["phone"] = optional(digits(9).map("+33{}".format))
    registered = st.builds(Prescriber, number=digits(11), is_rpps=st.just(True), **known)
    return registered | st.builds(Prescriber, number=optional(texts()), **known)


@cache
def laboratories() -> st.SearchStrategy[PerformingLaboratory]:
    return st.builds(
        PerformingLaboratory,
        name=texts(),
        number=st.sampled_from(["05D1234567", "01D1058442"]) | digits(9),
        phone=optional(digits(9).map("+33{}".format)),
        address=addresses(),
    )


@cache
def organisations() -> st.SearchStrategy[Organisation]:
    return st.builds(
        Organisation,
        pharmacy_id=identifiers(),
        name=texts(),
        finess=digits(9),
        phone=optional(digits(9).map("+33{}".format)),
        address=addresses(),
    )


UDIS = (
    "",
    "(01)00686597200018(17)260930(10)A12345",
    "010068659720001817260930\x1d10A12345",
    "]d20100686597200018\x1d10A12345",
    "+A99912345/$$52001510X3",
)


@cache
def devices() -> st.SearchStrategy[Device]:
    return st.builds(
        Device,
        manufacturer=optional(texts()),
        reference=optional(texts()),
        name=optional(texts()),
        udi=st.sampled_from(UDIS),
        lot=optional(texts(max_size=12)),
        expiry=st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2030, 1, 1))),
    )


def findings(target: Target, *, source: str) -> st.SearchStrategy[Finding]:
    """What one target of a kind was found to be, in the codes that signing takes from the catalogue."""

    def found(display: str, loinc: Loinc, outcome: Outcome) -> Finding:
        codes = {"loinc": loinc.code, "icd10": target.icd10, "outcome": outcome.code, "snomed": outcome.snomed}
        words = {"display": display, "loinc_display": loinc.display, "snomed_display": outcome.label("fr")}
        return Finding(target=target.code, **codes, **words)

    words = st.just(target.label("fr")) | texts()
    if target.measure is not None:
        return st.builds(partial(_measured, target), words, quantities(target.measure))
    loincs = target.loincs[:1] if source == "counter" else target.loincs
    return st.builds(found, words, st.sampled_from(loincs), st.sampled_from(target.outcomes))


def quantities(measure: Measure) -> st.SearchStrategy[Quantity]:
    """Any quantity that an instrument may show, in each of its units, alone or beyond a limit."""
    return st.one_of([_quantities(unit) for unit in measure.units])


def _quantities(unit: MeasuredUnit) -> st.SearchStrategy[Quantity]:
    values = st.decimals(unit.lowest, unit.highest, places=unit.decimals).map(str)
    return st.builds(Quantity, value=values, unit=st.just(unit.code), comparator=st.sampled_from(["", "<", ">"]))


def _measured(target: Target, display: str, quantity: Quantity) -> Finding:
    loinc = target.loinc_of(quantity.text)
    codes = {"loinc": loinc, "loinc_display": target.display_of(loinc), "icd10": target.icd10}
    said = {"outcome": "measured", "snomed": "", "snomed_display": quantity.words("fr")}
    return Finding(target=target.code, display=display, quantity=quantity, **codes, **said)


def given_answers(kind: Kind) -> st.SearchStrategy[dict[str, str]]:
    """What was answered to some of the questions of a kind."""
    return st.fixed_dictionaries({}, optional={one.code: _answers_to(one) for one in kind.questions})


def _answers_to(question: KindQuestion) -> st.SearchStrategy[str]:
    if question.is_day:
        return st.dates(date(2026, 1, 1), date(2026, 11, 1)).map(date.isoformat)
    return st.sampled_from([answer.code for answer in question.answers])


# A strategy is built once: to build one and let it check itself takes longer than to draw from it.
@cache
def reports(*, sources: tuple[str, ...] = ("counter", "csv")) -> st.SearchStrategy[Report]:
    """Any Report that signing could make: of a kind of the counter, or of any kind and code that a file may bring."""
    kinds = {"counter": counter_kinds(), "csv": list(load_kinds().values())}
    return st.builds(
        _report,
        st.one_of([_facts_of_kind(kind, source) for source in sources for kind in kinds[source]]),
        st.builds(_times, moments(), _minutes(40), _minutes(2 * 24 * 60), st.booleans()),
        st.one_of(st.just({}), _facts_of_a_later_version()),
        record_id=identifiers(),
        key=identifiers(),
        typed_times=st.sampled_from([(), ("read_at",), ("sampled_at", "read_at")]),
        patient=patients(),
        days_old=st.just(0) | st.integers(1, 45_000),
        signer=professionals(),
        organisation=organisations(),
        device=devices(),
        comment=optional(paragraphs()),
        consent_notice=st.sampled_from(["", "2026-09", "v1"]),
        is_demo=st.booleans(),
    )


def _report(
    of_kind: Facts, times: Facts, later: Facts, *, patient: PatientIdentity, days_old: int, key: str, **rest: Any
) -> Report:
    """A Report of these facts, whose patient was born on the day of the test or so many days before."""
    born = times["sampled_at"].date() - timedelta(days=days_old)
    first = {"version": 1, "key": key, "patient": replace(patient, birth_date=born)}
    replaced = {"replaces_key": key} if later else {}
    return Report(**(rest | of_kind | times | first | later | replaced))


def _facts_of_kind(kind: Kind, source: str) -> st.SearchStrategy[Facts]:
    facts: dict[str, st.SearchStrategy[Any]] = {
        "kind_display": st.just(kind.label("fr")) | texts(),
        "findings": st.tuples(*(findings(target, source=source) for target in kind.targets)),
        "answers": given_answers(kind).map(lambda given: told_answers(given, kind)),
    }
    if source == "csv":
        facts |= {"prescriber": st.none() | prescribers(), "laboratory": st.none() | laboratories()}
    same = {"source": source, "kind": kind.code}
    same |= {"chapter_loinc": kind.chapter.loinc, "chapter_display": kind.chapter.label("fr")}
    specimens = st.one_of([_facts_of_specimen(specimen) for specimen in kind.specimens])
    return st.builds(lambda drawn, specimen: same | drawn | specimen, st.fixed_dictionaries(facts), specimens)


def _facts_of_specimen(specimen: Specimen) -> st.SearchStrategy[Facts]:
    words = st.just(specimen.label("fr")) | texts()
    return words.map(lambda display: {"specimen_snomed": specimen.snomed, "specimen_display": display})


def _minutes(most: int) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(timedelta(0), timedelta(minutes=most))


def _times(sampled_at: datetime, reading: timedelta, signing: timedelta, is_started: bool) -> Facts:
    read_at = sampled_at + reading
    started_at = sampled_at + reading / 2 if is_started else None
    return {"sampled_at": sampled_at, "started_at": started_at, "read_at": read_at, "signed_at": read_at + signing}


def _facts_of_a_later_version() -> st.SearchStrategy[Facts]:
    statuses = st.sampled_from([status for status in ReportStatus if status is not ReportStatus.FINAL])
    facts = {"version": st.integers(2, 9), "key": identifiers(), "status": statuses, "reason": paragraphs()}
    return st.fixed_dictionaries(facts)


@cache
def addressed_reports() -> st.SearchStrategy[Report]:
    """Any Report of the counter's kinds, with others who had a part in it or without: what BIO-TROD documents tell."""
    others = {"doctor": doctors(), "prescriber": prescribers(), "laboratory": laboratories()}
    told = st.fixed_dictionaries({name: st.none() | of for name, of in others.items()})
    return st.builds(lambda report, told: replace(report, **told), reports(sources=("counter",)), told)


def as_it_travels(report: Report, *, decimals: int = 6) -> Report:
    """The Report as any format may tell it, spelt apart from the product's own rule.

    The matricule goes with a qualified identity and beside all five traits, the place of birth among them (RNIV);
    the start of the reading clock and the mark of a typed time have no place in a format that is read back;
    `decimals` are those of a second that the format keeps.
    """
    who = report.patient
    sure = who.identity_status is IdentityStatus.QUALIFIED and who.birth_place != ""
    unit = 10 ** (6 - decimals)
    times = {name: getattr(report, name) for name in ("sampled_at", "read_at", "signed_at")}
    cut = {name: value.replace(microsecond=value.microsecond // unit * unit) for name, value in times.items()}
    patient = replace(who, nir=who.nir if sure else "")
    return replace(report, patient=patient, started_at=None, typed_times=(), **cut)


def covid_positive(**changes: object) -> Report:
    """The example of the golden files: a qualified patient, one positive finding, fictitious people (ANS)."""
    report = Report(
        record_id=str(uuid.UUID(int=1)),
        version=1,
        key="0f8fad5b-d9cb-469f-a165-70867728950e",
        kind="covid19-ag",
        kind_display="TROD antigénique COVID-19",
        specimen_snomed="258500001",
        specimen_display="Écouvillon nasopharyngé",
        sampled_at=datetime(2026, 11, 23, 17, 41, tzinfo=PARIS),
        read_at=datetime(2026, 11, 23, 17, 58, tzinfo=PARIS),
        signed_at=datetime(2026, 11, 23, 17, 59, 12, tzinfo=PARIS),
        patient=PatientIdentity(
            patient_id="6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
            birth_family_name="PAT-TROIS",
            birth_given_names="DOMINIQUE MARIE-LOUISE",
            first_birth_given_name="DOMINIQUE",
            sex=Sex.FEMALE,
            birth_date=date(1979, 3, 28),
            birth_place="51215",
            used_family_name="D'ARTAGNAN",
            used_given_name="Dominique",
            nir="279035121518989",
            identity_status=IdentityStatus.QUALIFIED,
            phone="+33612345678",
            email="dominique@patient.example",
            address=Address(lines=("28 avenue de Breteuil",), postcode="75007", city="PARIS"),
        ),
        signer=Professional(
            member_id="1b4e28ba-2fa1-41d2-883f-0016d3cca427",
            family_name="OFFICINE-DEUX",
            given_name="Camille",
            rpps="10003879623",
            profession="G15_21/A",
            profession_display="Pharmacien titulaire d'officine",
        ),
        organisation=Organisation(
            pharmacy_id="7d444840-9dc0-41d1-b245-5ffdce74fad2",
            name="Pharmacie du Marché & des Halles",
            finess="750712184",
            phone="+33140000000",
            address=Address(lines=("3 place du Marché",), postcode="75001", city="PARIS"),
        ),
        device=Device(
            manufacturer="Fabricant d'exemple",
            reference="REF-25",
            name="Test rapide COVID-19",
            udi="(01)00686597200018(17)270930(10)A12345",
            lot="A12345",
            expiry=date(2027, 9, 30),
        ),
        findings=(
            Finding(
                target="sars-cov-2",
                display="COVID-19",
                loinc="94558-4",
                loinc_display="SARS-CoV-2 (COVID-19) Ag [Presence] in Respiratory system specimen",
                icd10="U07.1",
                outcome="positive",
                snomed="10828004",
                snomed_display="Positif",
            ),
        ),
        comment="Isolement conseillé.",
        consent_notice="2026-09",
    )
    return replace(report, **changes)  # type: ignore[arg-type]
