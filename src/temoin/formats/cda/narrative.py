"""The part of the document that people read; the entries refer to its pieces by their ID."""

from __future__ import annotations

from temoin.formats.cda.elements import Element, add, add_text, written
from temoin.testing.report import Conduct, Device, Report, ReportStatus

DEMONSTRATION = "demonstration"
STATUS = "statut"
REASON = "motif"
SPECIMEN = "prelevement"
LABORATORY = "laboratoire"
PRESCRIBER = "prescripteur"
COMMENT = "commentaire"
CONDUCT = "conduite"
DEVICE = "dispositif-nom-reference"
DEVICE_PARTS = ("dispositif-fabricant", "dispositif-reference", "dispositif-lot", "dispositif-peremption")

_HEADING = {
    ReportStatus.FINAL: "",
    ReportStatus.CORRECTED: "Résultat corrigé : ce compte rendu remplace le précédent.",
    ReportStatus.CANCELLED: "Résultat annulé : ce compte rendu ne doit plus être utilisé.",
}


def examined(number: int) -> str:
    return f"examen-{number}"


def resulted(number: int) -> str:
    return f"resultat-{number}"


def add_narrative(section: Element, report: Report) -> None:
    text = add(section, "text")
    if report.is_demo:
        _add_line(text, "", DEMONSTRATION, "Démonstration : résultat fictif.")
    if _HEADING[report.status]:
        _add_line(text, "", STATUS, _HEADING[report.status])
    if report.reason:
        _add_line(text, "Motif : ", REASON, report.reason)
    _add_line(text, "Prélèvement : ", SPECIMEN, report.specimen_display)
    if report.laboratory:
        _add_line(text, "Test réalisé par : ", LABORATORY, report.laboratory.name)
    if report.prescriber:
        prescriber = f"{report.prescriber.given_name} {report.prescriber.family_name}".strip()
        _add_line(text, "Prescripteur : ", PRESCRIBER, prescriber)
    _add_results(text, report)
    if report.conduct:
        _add_line(text, "Conduite tenue : ", CONDUCT, _conduct(report.conduct))
    add(text, "br")
    _add_device(text, report.device)


def _conduct(conduct: Conduct) -> str:
    """Return what was done, why, and what was delivered with its dose (CSP R.5125-33-12)."""
    delivered = f"Médicament délivré : {conduct.medicine}, {conduct.dose}" if conduct.medicine else ""
    return "\n".join(filter(None, [f"{conduct.display}. {conduct.reason}", f"Selon : {conduct.source}", delivered]))


def _add_line(text: Element, label: str, name: str, value: str) -> None:
    paragraph = add(text, "paragraph")
    paragraph.text = label
    _add_content(paragraph, name, value)


def _add_content(parent: Element, name: str, value: str) -> Element:
    """Append words under an ID; a line break is an element, as a text has none in CDA."""
    content = add(parent, "content", ID=name)
    first, *others = written(value).split("\n")
    content.text = first
    for line in others:
        add(content, "br").tail = line
    return content


def _add_results(text: Element, report: Report) -> None:
    body = _add_table(text, "Pathologie/Substance dépistée", "Résultat", "Commentaire")
    for number, finding in enumerate(report.findings, start=1):
        row = add(body, "tr")
        _add_content(add(row, "td"), examined(number), finding.display)
        _add_content(add(row, "td"), resulted(number), finding.snomed_display)
        if number == 1:
            # One comment for the whole test: one cell beside all rows.
            cell = add(row, "td", rowspan=str(len(report.findings)))
            if report.comment:
                _add_content(cell, COMMENT, report.comment)


def _add_device(text: Element, device: Device) -> None:
    parts = " | ".join(("Fabricant", "Référence", "N° de lot", "Date de péremption"))
    row = add(_add_table(text, "Code UDI du dispositif utilisé", parts), "tr")
    add_text(row, "td", printed(device.udi))
    whole = add(add(row, "td"), "content", ID=DEVICE)
    expiry = f"{device.expiry:%d/%m/%Y}" if device.expiry else ""
    values = (device.manufacturer, device.reference, device.lot, expiry)
    for name, value in zip(DEVICE_PARTS, values, strict=True):
        _add_content(whole, name, value).tail = " | " if name != DEVICE_PARTS[-1] else None


def printed(udi: str) -> str:
    """Return a UDI that XML can write: the separators of a raw scan as their picture."""
    return written(udi.replace("\x1d", "\u241d"))


def _add_table(text: Element, *heads: str) -> Element:
    table = add(text, "table", border="0")
    row = add(add(table, "thead"), "tr")
    for head in heads:
        add_text(row, "th", head)
    return add(table, "tbody")
