"""The page itself: the facts of the printed result and, as MSSanté asks, of the CDA header and its narrative.

The same Report gives the same bytes: times are those of the signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import as_file
from typing import Final
from xml.sax.saxutils import escape

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.errors import FPDFException
from fpdf.fonts import FontFace, TTFFont

from temoin.formats.cda.header import title
from temoin.formats.cda.people import GENDER
from temoin.formats.pdf.letters import font_file, written
from temoin.lib.zones import offset_words
from temoin.testing.report import Address, Conduct, Device, Prescriber, Professional, Report, ReportStatus

MEDIA_TYPE: Final = "application/pdf"

_FAMILY = "page"
_MARGIN, _LINE = 20.0, 5.6  # millimetres
_COLUMNS = (1, 3)
_HEADING = {
    ReportStatus.FINAL: "",
    ReportStatus.CORRECTED: "Résultat corrigé, version {version} : il remplace toute version antérieure.",
    ReportStatus.CANCELLED: "RÉSULTAT ANNULÉ : il ne doit plus être utilisé.",
}
_WARNING = (
    "Un test rapide d’orientation diagnostique ne remplace pas un examen de biologie médicale. "
    "Quel que soit le résultat, consultez un médecin si votre état s’aggrave."
)


def report_pdf(report: Report) -> bytes:
    """Return the page of a Report; ValueError when it cannot be laid out."""
    page = _Page(report)
    try:
        page.head(report)
        page.results(report)
        page.facts(report)
        page.foot()
        return bytes(page.pdf.output())
    except FPDFException as error:  # its text may repeat what was to be written
        raise ValueError(f"the page cannot be made ({type(error).__name__})") from None
    finally:
        page.close()


class _Page:
    """A page being written, from top to bottom."""

    def __init__(self, report: Report) -> None:
        self.pdf = FPDF(format="A4", enforce_compliance="PDF/A-1B")
        self.pdf.set_margins(_MARGIN, _MARGIN)
        self.pdf.set_auto_page_break(auto=True, margin=_MARGIN)
        for style in ("", "B"):
            with as_file(font_file(style)) as path:
                self.pdf.add_font(_FAMILY, style, path)
        self._describe(report)
        self.pdf.add_page()

    def head(self, report: Report) -> None:
        """Write who gives the result, whose it is, and what stands above everything."""
        pharmacy, patient = report.organisation, report.patient
        phone = f" · Tél. {pharmacy.phone}" if pharmacy.phone else ""
        self._block(pharmacy.name, style="B")
        self._block(f"{_place(pharmacy.address)}\nFINESS {pharmacy.finess}{phone}")
        self._space()
        self._block(f"{patient.birth_family_name} {patient.birth_given_names}".strip(), size=13, style="B")
        used = f"{patient.used_family_name} {patient.used_given_name}".strip()
        self._block(used, size=11)
        self._block(f"Date de naissance : {patient.birth_date:%d/%m/%Y} · Sexe : {GENDER[patient.sex][1]}")
        self._space()
        self._block(title(report), size=14, style="B")
        if report.is_demo:
            self._block("Démonstration : résultat fictif.", style="B")
        self._block(_HEADING[report.status].format(version=report.version), style="B")
        self._block(f"Motif : {report.reason}" if report.reason else "")
        self._space()

    def results(self, report: Report) -> None:
        self._facts([(each.display, each.snomed_display) for each in report.findings], size=14, style="B")
        self._block("Résultat qualitatif, sans unité.")
        self._block(report.comment)  # a row of a table could not be longer than a page
        self._space()

    def facts(self, report: Report) -> None:
        self._facts(
            [
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
        )

    def foot(self) -> None:
        """Write what the patient must know of any such test."""
        self._space()
        self._block(_WARNING)

    def close(self) -> None:
        """Let go of the font files, which the library keeps open."""
        for font in [each for each in self.pdf.fonts.values() if isinstance(each, TTFFont)]:
            font.ttfont.close()

    def _describe(self, report: Report) -> None:
        pdf, name = self.pdf, written(title(report))
        pdf.set_lang("fr-FR")
        pdf.set_title(name)
        pdf.set_creator("Témoin")
        pdf.set_producer("fpdf2")
        pdf.set_creation_date(report.signed_at)
        # Written here and not by the library, which would put today's time: a resend has the same bytes.
        pdf.set_xmp_metadata(_XMP.format(title=escape(name), moment=report.signed_at.isoformat(timespec="seconds")))

    def _block(self, text: str, *, size: float = 10, style: str = "") -> None:
        if text:
            self.pdf.set_font(_FAMILY, style, size)
            self.pdf.multi_cell(0, _LINE, written(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _facts(self, facts: Sequence[tuple[str, str]], *, size: float = 10, style: str = "") -> None:
        """Write what is known under its name, one beside the other however long either is."""
        self.pdf.set_font(_FAMILY, "", 10)
        with self.pdf.table(
            borders_layout="NONE",
            first_row_as_headings=False,
            col_widths=_COLUMNS,
            line_height=_LINE,
            text_align="LEFT",
            v_align="T",
        ) as table:
            for label, value in facts:
                row = table.row()
                row.cell(written(label))
                row.cell(written(value), style=FontFace(emphasis=style or None, size_pt=size))

    def _space(self) -> None:
        self.pdf.ln(_LINE / 2)


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


_XMP: Final = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<xmp:CreatorTool>Témoin</xmp:CreatorTool>
<xmp:CreateDate>{moment}</xmp:CreateDate>
<pdf:Producer>fpdf2</pdf:Producer>
<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>"""
