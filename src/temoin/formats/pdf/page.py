"""The page itself: the facts of the printed result and, as MSSanté asks, of the CDA header and its narrative.

The same Report gives the same bytes: times are those of the signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from temoin.formats.cda.header import title
from temoin.formats.cda.people import GENDER
from temoin.formats.pdf.letters import all_written
from temoin.formats.pdf.own import Facts, OwnPage
from temoin.formats.pdf.typesetting import typeset
from temoin.lib.zones import offset_words
from temoin.testing.report import (
    Address,
    Conduct,
    Device,
    PatientIdentity,
    Prescriber,
    Professional,
    Report,
    ReportStatus,
)

_HEADING: Final = {
    ReportStatus.FINAL: "",
    ReportStatus.CORRECTED: "Résultat corrigé, version {version} : il remplace toute version antérieure.",
    ReportStatus.CANCELLED: "RÉSULTAT ANNULÉ : il ne doit plus être utilisé.",
}
_WARNING: Final = (
    "Un test rapide d’orientation diagnostique ne remplace pas un examen de biologie médicale. "
    "Quel que soit le résultat, consultez un médecin si votre état s’aggrave."
)


def report_pdf(report: Report, advice: Sequence[Facts] = (), own: OwnPage | None = None) -> bytes:
    """Return the page of a Report, with advice where the patient reads it; ValueError when it cannot be laid out.

    The French page is the document; a page in the patient's own language stands before it.
    """
    before = None if own is None else all_written(asdict(own), is_own=True)
    return typeset("result", {**all_written(_told(report, advice)), "own": before}, at=report.signed_at)


def _told(report: Report, advice: Sequence[Facts]) -> dict[str, Any]:
    pharmacy = report.organisation
    phone = f" · Tél. {pharmacy.phone}" if pharmacy.phone else ""
    return {
        "title": title(report),
        "place": pharmacy.name,
        "address": f"{_place(pharmacy.address)}\nFINESS {pharmacy.finess}{phone}",
        "patient": f"{report.patient.birth_family_name} {report.patient.birth_given_names}".strip(),
        "patient_lines": _patient(report.patient),
        "notices": _notices(report),
        "results": [(each.display, each.snomed_display) for each in report.findings],
        "remarks": list(filter(None, ["Résultat qualitatif, sans unité.", report.comment])),
        "facts_title": "Le test",
        "facts": _facts(report),
        "advice_title": "Que faire maintenant\u00a0?",
        "advice": advice,
        "warning": _WARNING,
    }


def _patient(patient: PatientIdentity) -> list[str]:
    used = f"{patient.used_family_name} {patient.used_given_name}".strip()
    born = f"Date de naissance : {patient.birth_date:%d/%m/%Y} · Sexe : {GENDER[patient.sex][1]}"
    return [used, born] if used else [born]


def _notices(report: Report) -> list[str]:
    told = [
        "Démonstration : résultat fictif." if report.is_demo else "",
        _HEADING[report.status].format(version=report.version),
        f"Motif : {report.reason}" if report.reason else "",
    ]
    return list(filter(None, told))


def _facts(report: Report) -> Facts:
    return [
        ("Prélèvement", report.specimen_display),
        *_times(report),
        ("Dispositif", _device(report.device)),
        ("Lot", _lot(report.device)),
        *_others(report),
        *((each.display, each.value_display) for each in report.answers),
        *_conduct(report.conduct),
        ("Professionnel", _person(report.signer)),
        ("Signé le", _moment(report.signed_at)),
        ("Version", str(report.version)),
        ("Document", report.key),
    ]


def _times(report: Report) -> list[tuple[str, str]]:
    """Return each time in words; one that a person typed says so."""
    told = {"sampled_at": "Prélevé le", "started_at": "Chronomètre lancé le", "read_at": "Lu le"}
    known = [(name, label, getattr(report, name)) for name, label in told.items() if getattr(report, name)]
    typed = report.typed_times
    return [(label, _moment(at) + (" (heure saisie)" if name in typed else "")) for name, label, at in known]


def _moment(value: datetime) -> str:
    offset = offset_words(value)
    return f"{value:%d/%m/%Y à %H:%M}" + (f" ({offset})" if offset else "")


def _place(address: Address) -> str:
    town = f"{address.postcode} {address.city}".strip()
    return "\n".join(filter(None, [*address.lines, town]))


def _device(device: Device) -> str:
    udi = f" · UDI {device.udi}" if device.udi else ""
    return f"{device.manufacturer} {device.name} · réf. {device.reference}{udi}"


def _lot(device: Device) -> str:
    expiry = f" (à utiliser avant le {device.expiry:%d/%m/%Y})" if device.expiry else ""
    return f"{device.lot or 'non connu'}{expiry}"


def _conduct(conduct: Conduct | None) -> list[tuple[str, str]]:
    """Return what was done with the result, and what was delivered."""
    if conduct is None:
        return []
    delivered = f"{conduct.medicine}, {conduct.dose}" if conduct.medicine else "aucun"
    return [
        ("Conduite tenue", f"{conduct.display}. {conduct.reason}"),
        ("Selon", conduct.source),
        ("Médicament délivré", delivered),
    ]


def _others(report: Report) -> list[tuple[str, str]]:
    """Return who ordered the test and the laboratory that made it, where there are any."""
    prescriber, laboratory, told = report.prescriber, report.laboratory, []
    if prescriber:
        told.append(("Prescripteur", _prescriber(prescriber)))
    if laboratory:
        phone = f"Tél. {laboratory.phone}" if laboratory.phone else ""
        place = _place(laboratory.address).replace("\n", ", ")
        told.append(
            ("Test réalisé par", " · ".join(filter(None, [laboratory.name, laboratory.number_said, place, phone])))
        )
    return told


def _prescriber(prescriber: Prescriber) -> str:
    name = f"{prescriber.given_name} {prescriber.family_name}".strip()
    return " · ".join(filter(None, [name, prescriber.number_said]))


def _person(signer: Professional) -> str:
    parts = [f"{signer.given_name} {signer.family_name}".strip(), signer.profession_display]
    return ", ".join(filter(None, parts)) + (f" · RPPS {signer.rpps}" if signer.rpps else "")
