"""Rules of CDA data types that hold wherever an element stands, and the words that rules are made of."""

from __future__ import annotations

from collections.abc import Iterable

from cda_values import WORDS

_DAY = "[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
DAY = f"^{_DAY}$"
MOMENT = f"^{_DAY}([01][0-9]|2[0-3])([0-5][0-9]){{2}}[+-][0-9]{{4}}$"
OID = r"^[0-2](\.(0|[1-9][0-9]*))+$"
# The characters that a URI may hold (RFC 3986).
URI = r"^(tel|fax|mailto|http|ftp|mllp):[]!#-;=?-\[_a-z~]+$"
# What stands once in whatever holds it, where the schema of CDA often lets more in.
ONCE = (
    "typeId",
    "code",
    "title",
    "effectiveTime",
    "languageCode",
    "statusCode",
    "time",
    "low",
    "high",
    "addr",
    "assignedAuthor",
    "assignedEntity",
    "representedOrganization",
    "consent",
    "responsibleParty",
    "location",
    "healthCareFacility",
    "component",
    "act",
    "specimen",
    "originalText",
    "name",
    "standardIndustryClassCode",
)


def among(attribute: str, values: Iterable[str]) -> str:
    return "(" + " or ".join(f"{attribute}='{value}'" for value in values) + ")"


def shaped(value: str, pattern: str) -> str:
    return f"re:test(string({value}), '{pattern}')"


TYPE_RULES: dict[str, tuple[str, str]] = {
    "once each": (
        "//*[not(ancestor-or-self::h:text)]",
        " and ".join(f"not(h:{name}[2])" for name in ONCE),
    ),
    "a name in words or in parts": (
        "//h:name",
        "normalize-space() and not(* and text()[normalize-space()]) and not(*[not(normalize-space() or @nullFlavor)])",
    ),
    "no words between the parts of an address": ("//h:addr", "not(text()[normalize-space()])"),
    "each telecom once": (
        "//h:telecom",
        (
            "not(@value = following-sibling::h:telecom/@value)"
            " and not(@nullFlavor and (preceding-sibling::h:telecom or following-sibling::h:telecom))"
        ),
    ),
    "a code or words for it": ("//h:code", "@code or h:originalText"),
    "what may be unknown": ("//*[@nullFlavor]", "self::h:addr or self::h:telecom or self::h:given"),
    "root of an identifier": ("//*[@root]", shaped("@root", OID)),
    "each identifier once": ("//h:id", "@root and not(@root = following-sibling::h:id/@root)"),
    "system of a code": (
        "//*[@code][not(self::h:realmCode or self::h:languageCode or self::h:signatureCode or self::h:statusCode)]",
        shaped("@codeSystem", OID),
    ),
    "words of a code": ("//*[@displayName]", "string(@displayName) and string(@code)"),
    "words of a national code": (
        "//*[@code and @codeSystem]",
        " and ".join(
            f"(not(@codeSystem='{system}' and @code='{code}') or @displayName=\"{words}\")"
            for (system, code), words in WORDS.items()
        ),
    ),
    "an interval takes time": ("//*[h:low and h:high]", "h:low/@value != h:high/@value"),
    "use of an address": ("//h:addr[@use]", among("@use", ("H", "HP", "HV", "WP", "TMP"))),
    "words of an address": ("//h:addr/*", "normalize-space()"),
    "attributes of an address": ("//h:addr", "not(@*[name() != 'use' and name() != 'nullFlavor'])"),
    "an address or why not": ("//h:addr", "(* and not(@nullFlavor)) or (@nullFlavor and not(*))"),
    "an address in lines or in parts": ("//h:addr[h:streetAddressLine]", "not(*[not(self::h:streetAddressLine)])"),
    "parts of an address once": (
        "//h:addr[not(h:streetAddressLine)]",
        " and ".join(
            f"count(h:{part}) <= 1"
            for part in (
                "houseNumber",
                "streetName",
                "additionalLocator",
                "postalCode",
                "city",
                "county",
                "state",
                "country",
            )
        ),
    ),
    "telecom": (
        "//h:telecom",
        "(@nullFlavor='UNK' and count(@*)=1) or (not(@nullFlavor) and " + shaped("@value", URI) + ")",
    ),
    "use of a telecom": (
        "//h:telecom[@use]",
        among("@use", ("H", "HP", "HV", "WP", "DIR", "PUB", "EC", "MC", "PG")),
    ),
}
