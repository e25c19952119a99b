"""Hypothesis strategies shared by the tests: any valid Report, with the names that break careless formats."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pycountry
from hypothesis import settings
from hypothesis import strategies as st

from temoin.catalogue.kinds import Kind, Target, counter_kinds, load_kinds
from temoin.catalogue.questions import KindQuestion
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


def texts(*, max_size: int = 30) -> st.SearchStrategy[str]:
    """One line of text without control characters, with no space at either end."""
    free = st.text(_LETTERS, min_size=1, max_size=max_size).map(str.strip).filter(bool)
    return st.one_of(st.sampled_from(_HARD), free)


def paragraphs() -> st.SearchStrategy[str]:
    return st.lists(texts(), min_size=1, max_size=3).map("\n".join)


def optional(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), strategy)


def identifiers() -> st.SearchStrategy[str]:
    return st.uuids().map(str)


def digits(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=size, max_size=size)


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


def patients(*, born_by: date = date(2026, 1, 1)) -> st.SearchStrategy[PatientIdentity]:
    """Any patient born on that day, for instance that of the test, or before; some of them have one name alone."""
    return st.one_of(_patients(born_by), _patients(born_by).map(_with_one_name))


def _with_one_name(patient: PatientIdentity) -> PatientIdentity:
    return replace(patient, birth_given_names="", first_birth_given_name="")


def _patients(born_by: date) -> st.SearchStrategy[PatientIdentity]:
    return st.builds(
        PatientIdentity,
        patient_id=identifiers(),
        birth_family_name=texts(),
        birth_given_names=texts(),
        first_birth_given_name=texts(),
        sex=st.sampled_from(Sex),
        birth_date=st.just(born_by) | st.dates(date(1900, 1, 1), born_by),
        birth_place=st.sampled_from(["", "51215", "2A004", "97302", "99126"]),
        used_family_name=optional(texts()),
        used_given_name=optional(texts()),
        nir=st.sampled_from(["", "279035121518989", "253072B07300470", "295109912611193"]),
        identity_status=st.sampled_from(IdentityStatus),
        phone=optional(digits(9).map("+33{}".format)),
        email=st.sampled_from(["", "a.b+c@exemple.fr", "o'neil@exemple.fr"]),
        address=addresses(),
    )


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


def doctors() -> st.SearchStrategy[Doctor]:
    return st.builds(
        Doctor,
        family_name=texts(),
        given_name=optional(texts()),
        rpps=optional(digits(11)),
        mailbox=st.sampled_from(["a.b@medecin.mssante.fr", "o'neil+x@mssante.fr"]),
    )


def prescribers() -> st.SearchStrategy[Prescriber]:
    """Who ordered a test: with a number of the register, of another, or with none."""
    known = {"family_name": texts(), "given_name": optional(texts()), "address": addresses()}
    known["phone"] = optional(digits(9).map("+33{}".format))
    registered = st.builds(Prescriber, number=digits(11), is_rpps=st.just(True), **known)
    return registered | st.builds(Prescriber, number=optional(texts()), **known)


def laboratories() -> st.SearchStrategy[PerformingLaboratory]:
    return st.builds(
        PerformingLaboratory,
        name=texts(),
        number=st.sampled_from(["05D1234567", "01D1058442"]) | digits(9),
        phone=optional(digits(9).map("+33{}".format)),
        address=addresses(),
    )


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


@st.composite
def findings(draw: st.DrawFn, target: Target, *, source: str) -> Finding:
    """What one target of a kind was found to be, in the codes that signing takes from the catalogue."""
    outcome = draw(st.sampled_from(target.outcomes))
    loinc = target.loincs[0] if source == "counter" else draw(st.sampled_from(target.loincs))
    return Finding(
        target=target.code,
        display=draw(st.just(target.label("fr")) | texts()),
        loinc=loinc.code,
        loinc_display=loinc.display,
        icd10=target.icd10,
        outcome=outcome.code,
        snomed=outcome.snomed,
        snomed_display=outcome.label("fr"),
    )


def given_answers(kind: Kind) -> st.SearchStrategy[dict[str, str]]:
    """What was answered to some of the questions of a kind."""
    return st.fixed_dictionaries({}, optional={one.code: _answers_to(one) for one in kind.questions})


def _answers_to(question: KindQuestion) -> st.SearchStrategy[str]:
    if question.is_day:
        return st.dates(date(2026, 1, 1), date(2026, 11, 1)).map(date.isoformat)
    return st.sampled_from([answer.code for answer in question.answers])


@st.composite
def reports(draw: st.DrawFn, *, sources: tuple[str, ...] = ("counter", "csv")) -> Report:
    """Any Report that signing could make: of a kind of the counter, or of any kind and code that a file may bring."""
    source = draw(st.sampled_from(sources))
    kind = draw(st.sampled_from(counter_kinds() if source == "counter" else list(load_kinds().values())))
    specimen = draw(st.sampled_from(kind.specimens))
    sampled_at = draw(moments())
    read_at = sampled_at + draw(st.timedeltas(timedelta(0), timedelta(minutes=40)))
    started_at = draw(st.none() | st.just(sampled_at + (read_at - sampled_at) / 2))
    first = Report(
        record_id=draw(identifiers()),
        version=1,
        key=draw(identifiers()),
        kind=kind.code,
        kind_display=draw(st.just(kind.label("fr")) | texts()),
        chapter_loinc=kind.chapter.loinc,
        chapter_display=kind.chapter.label("fr"),
        specimen_snomed=specimen.snomed,
        specimen_display=draw(st.just(specimen.label("fr")) | texts()),
        sampled_at=sampled_at,
        read_at=read_at,
        signed_at=read_at + draw(st.timedeltas(timedelta(0), timedelta(days=2))),
        started_at=started_at,
        typed_times=draw(st.sampled_from([(), ("read_at",), ("sampled_at", "read_at")])),
        patient=draw(patients(born_by=sampled_at.date())),
        signer=draw(professionals()),
        organisation=draw(organisations()),
        device=draw(devices()),
        findings=tuple(draw(findings(target, source=source)) for target in kind.targets),
        answers=told_answers(draw(given_answers(kind)), kind),
        comment=draw(optional(paragraphs())),
        prescriber=draw(st.none() | prescribers()) if source == "csv" else None,
        laboratory=draw(st.none() | laboratories()) if source == "csv" else None,
        consent_notice=draw(st.sampled_from(["", "2026-09", "v1"])),
        source=source,
        is_demo=draw(st.booleans()),
    )
    status = draw(st.sampled_from(ReportStatus))
    if status is ReportStatus.FINAL:
        return first
    return replace(
        first,
        version=draw(st.integers(2, 9)),
        key=draw(identifiers()),
        replaces_key=first.key,
        status=status,
        reason=draw(paragraphs()),
    )


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
