"""Runs the courier against any FHIR R4 server: what Témoin asks of an authority, and whether that server gives it.

    python drill/standard_server.py URL [--at-least X]

URL is the base, without /Bundle. The documents are invented, marked as such, and stay there: point it at a server that
may keep them. The last line is the share of the questions that were answered as they must be.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from math import floor
from uuid import uuid4

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.config.settings")
django.setup()

from temoin.formats.fhir import document  # noqa: E402 rooms are imported once Django knows its settings
from temoin.lib.clock import now  # noqa: E402
from temoin.outbox.courier import Answer, Consignment, Reconcilable, Verdict  # noqa: E402
from temoin.testing.report import (  # noqa: E402
    Device,
    Finding,
    Organisation,
    PatientIdentity,
    Professional,
    Report,
    ReportStatus,
    Sex,
)
from temoin.transmission.authority import Authority  # noqa: E402
from temoin.transmission.couriers.fhir import FhirCourier  # noqa: E402
from temoin.transmission.rules.loading import load_rule_sets  # noqa: E402

AT_ONCE = 8  # the same document, posted at the same moment


def main() -> int:
    """Ask, print, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--at-least", type=float, default=0.0)
    options = parser.parse_args()
    authority = Authority(base_url=options.url.rstrip("/"), enabled=True, rules=load_rule_sets()["demonstration"])
    settings.TEMOIN = replace(settings.TEMOIN, authority=authority)
    answered = asyncio.run(_ask_all())
    print(f"{floor(sum(answered) / len(answered) * 1000) / 1000:.3f}")
    return 0 if sum(answered) / len(answered) >= options.at_least else 1


async def _ask_all() -> list[bool]:
    courier = FhirCourier()
    answered = []
    try:
        async for question, is_right, told in _questions(courier):
            print(f"{'yes' if is_right else 'NO '}  {question}: {told}", flush=True)
            answered.append(is_right)
    finally:
        await courier.close()
    return answered


async def _questions(courier: FhirCourier) -> AsyncIterator[tuple[str, bool, str]]:
    began = now() - timedelta(seconds=5)  # their clock may be a little behind
    first = _invented()
    corrected = _next(first, ReportStatus.CORRECTED, "Deux bandes.")
    withdrawn = _next(corrected, ReportStatus.CANCELLED, "Saisi pour une autre personne.")

    unknown = await courier.enquire(_parcel(first))
    yield "an unknown key is unknown there", unknown.verdict is Verdict.UNKNOWN, unknown.code
    created = await courier.carry(_parcel(first))
    yield "a document is taken", created.verdict is Verdict.ACCEPTED, _told(created)
    again = await courier.carry(_parcel(first))
    yield "sent again, it is the same one there", _same(created, again), _told(again)
    found = await courier.enquire(_parcel(first))
    yield "asked by key, it is found", _same(created, found), _told(found)
    for words, version in (("a correction", corrected), ("a withdrawal", withdrawn)):
        answer = await courier.carry(_parcel(version))
        is_new = answer.verdict is Verdict.ACCEPTED and not _same(created, answer)
        yield f"{words} is a document of its own", is_new, _told(answer)
    many = await asyncio.gather(*(courier.carry(_parcel(rushed)) for rushed in [_invented()] * AT_ONCE))
    names = {answer.receipt["id"] for answer in many if answer.verdict is Verdict.ACCEPTED}
    yield f"posted {AT_ONCE} times at once, it is one there", len(names) == 1, " ".join(sorted({a.code for a in many}))
    if isinstance(courier, Reconcilable):
        held = {each.key async for each in courier.holdings(began, now() + timedelta(seconds=5))}
        yield "what came today is told", {first.key, corrected.key, withdrawn.key} <= held, f"{len(held)} keys"


def _parcel(report: Report) -> Consignment:
    return Consignment(key=report.key, body=document(report))


def _same(one: Answer, other: Answer) -> bool:
    return bool(one.receipt.get("id")) and one.receipt.get("id") == other.receipt.get("id")


def _told(answer: Answer) -> str:
    return " ".join(filter(None, [answer.code, answer.receipt.get("id", ""), answer.detail]))


def _next(before: Report, status: ReportStatus, reason: str) -> Report:
    return replace(
        before,
        version=before.version + 1,
        key=str(uuid4()),
        replaces_key=before.key,
        status=status,
        reason=reason,
        signed_at=before.signed_at + timedelta(minutes=5),
    )


def _invented() -> Report:
    at = now().replace(microsecond=0)
    return Report(
        record_id=str(uuid4()),
        version=1,
        key=str(uuid4()),
        kind="covid19-ag",
        kind_display="TROD antigénique COVID-19",
        specimen_snomed="258500001",
        specimen_display="Écouvillon nasopharyngé",
        sampled_at=at - timedelta(minutes=20),
        read_at=at - timedelta(minutes=2),
        signed_at=at,
        patient=PatientIdentity(
            patient_id=str(uuid4()),
            birth_family_name="PAT-TROIS",
            birth_given_names="DOMINIQUE MARIE-LOUISE",
            first_birth_given_name="DOMINIQUE",
            sex=Sex.FEMALE,
            birth_date=date(1979, 3, 28),
            birth_place="51215",
        ),
        signer=Professional(member_id=str(uuid4()), family_name="OFFICINE-DEUX", given_name="Camille"),
        organisation=Organisation(pharmacy_id=str(uuid4()), name="Pharmacie inventée", finess="750712184"),
        device=Device(manufacturer="Fabricant inventé", reference="REF-25", name="Test rapide", lot="A12345"),
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
        is_demo=True,
    )


if __name__ == "__main__":
    sys.exit(main())
