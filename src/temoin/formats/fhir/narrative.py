"""The part of the document that people read: a small XHTML table in French, every word of ours escaped."""

import re
from html import escape

from temoin.formats.fhir.elements import Element
from temoin.testing.report import Device, Report, ReportStatus

# Characters that XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_HEADING = {
    ReportStatus.FINAL: "",
    ReportStatus.CORRECTED: "<p><b>Résultat corrigé</b> : ce compte rendu remplace le précédent.</p>",
    ReportStatus.CANCELLED: "<p><b>Résultat annulé</b> : ce compte rendu ne doit plus être utilisé.</p>",
}


def narrative(report: Report) -> Element:
    parts = ['<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr" lang="fr">']
    if report.is_demo:
        parts.append("<p><b>Démonstration : résultat fictif.</b></p>")
    parts.append(_HEADING[report.status])
    if report.reason:
        parts.append(f"<p>Motif : {_text(report.reason)}</p>")
    parts.append(f"<p>{_text(report.kind_display)}, {_text(report.specimen_display)}</p>")
    parts.append(_results(report))
    parts.append(_kit(report.device))
    if report.comment:
        parts.append(f"<p>Commentaire : {_text(report.comment)}</p>")
    parts.append("</div>")
    return {"status": "generated", "div": "".join(parts)}


def _results(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{_text(finding.display)}</td><td>{_text(finding.snomed_display)}</td></tr>"
        for finding in report.findings
    )
    heads = "<tr><th>Pathologie ou substance dépistée</th><th>Résultat</th></tr>"
    return f"<table><thead>{heads}</thead><tbody>{rows}</tbody></table>"


def _kit(device: Device) -> str:
    facts = (
        ("Code IUD", device.udi),
        ("Fabricant", device.manufacturer),
        ("Référence", device.reference),
        ("N° de lot", device.lot),
        ("Date de péremption", f"{device.expiry:%d/%m/%Y}" if device.expiry else ""),
    )
    known = [(label, _text(value)) for label, value in facts if value]
    if not known:
        return ""  # XHTML has no empty rows.
    heads = "".join(f"<th>{label}</th>" for label, _ in known)
    cells = "".join(f"<td>{value}</td>" for _, value in known)
    return f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"


def _text(value: str) -> str:
    return escape(_UNWRITABLE.sub("", value))
