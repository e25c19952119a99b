"""The zip itself (IHE ITI-32): the same bytes each time, with nothing of the patient outside document and metadata."""

from __future__ import annotations

import io
import zipfile

from temoin.formats.cda import document
from temoin.formats.xdm.metadata import Submission, metadata
from temoin.testing.report import Report

_SET = "IHE_XDM/SUBSET01/"
_DOCUMENT = "DOC0001.XML"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day a zip can tell: the real times are in the metadata
_READABLE = 0o100644 << 16

_README = f"""Témoin (https://temoin.org)\r
\r
INDEX.HTM\r
{_SET}METADATA.XML\r
{_SET}{_DOCUMENT}\r
\r
Ce dossier IHE XDM contient un compte rendu de test rapide d'orientation diagnostique (CDA R2 N3, CI-SIS BIO-TROD).\r
"""

_INDEX = f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<title>Compte rendu de test rapide d’orientation diagnostique</title>
</head>
<body>
<h1>Compte rendu de test rapide d’orientation diagnostique</h1>
<p>Document produit par Témoin : <a href="{_SET}{_DOCUMENT}">{_DOCUMENT}</a></p>
<p><a href="README.TXT">README.TXT</a></p>
</body>
</html>
"""


def package(report: Report, sending: Submission) -> bytes:
    """Return the package of a Report; CdaError when the document may not carry it."""
    content = document(report)
    files = {
        "INDEX.HTM": _INDEX.encode(),
        "README.TXT": _README.encode(),
        f"{_SET}METADATA.XML": metadata(report, sending, content, _DOCUMENT),
        f"{_SET}{_DOCUMENT}": content,
    }
    packed = io.BytesIO()
    # Stored and not deflated: two versions of zlib need not give the same bytes, and a resend must.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = _READABLE
            archive.writestr(entry, data)
    return packed.getvalue()
