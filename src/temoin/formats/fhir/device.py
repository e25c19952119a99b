"""The Device resource: the kit, by its UDI when it was scanned, and always by maker, reference and name."""

import re
from base64 import b64encode

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import Element, resource
from temoin.testing.report import Report

# The GTIN of a GS1 code, printed "(01)…" or scanned "01…" (after an AIM prefix or FNC1).
_GTIN = re.compile(r"\A(?:\][A-Za-z][0-9])?\x1d?(?:\(01\)|01)([0-9]{14})")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def device_resource(report: Report, full_url: str) -> Element:
    device = report.device
    values = resource("Device", full_url, "", demo=report.is_demo)
    if device.udi:
        values["udiCarrier"] = [_carrier(device.udi)]
    if device.expiry:
        values["expirationDate"] = device.expiry.isoformat()
    # A result from a file may not tell them all, and FHIR has no empty strings.
    for name, value in (
        ("manufacturer", device.manufacturer),
        ("modelNumber", device.reference),
        ("lotNumber", device.lot),
    ):
        if value:
            values[name] = value
    if device.name:
        values["deviceName"] = [{"name": device.name, "type": "user-friendly-name"}]
    return values


def _carrier(udi: str) -> Element:
    carrier: Element = {}
    gtin = _GTIN.match(udi)
    if gtin:
        carrier["deviceIdentifier"] = gtin[1]
        carrier["issuer"] = codes.GS1_ISSUER
    if _UNPRINTABLE.search(udi):
        # A raw scan holds group separators, which no FHIR string may: it goes in the machine-readable form.
        carrier["carrierAIDC"] = b64encode(udi.encode()).decode("ascii")
    else:
        carrier["carrierHRF"] = udi
    return carrier
