"""What the answers of other machines mean for a parcel, decided once: by tables, one row per code of each standard.

A code that no table knows is the document's own matter when it is a refusal, so that a person sees it, and a doubt when
it is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from temoin.formats.hl7v2 import AckCode
from temoin.outbox.courier import Verdict


class Nature(StrEnum):
    """Whose matter an answer is that is no acceptance; where several are told, the first of these counts."""

    DOCUMENT = "document"  # permanent: the same document will be refused again, and a person must look at it
    OPERATOR = "operator"  # address, access, agreement: of no document, and mended by whoever runs the site
    PASSING = "passing"  # the same document may be taken later
    UNCLEAR = "unclear"  # it may have been taken


VERDICT: Mapping[Nature, Verdict] = {
    Nature.DOCUMENT: Verdict.REFUSED,
    Nature.PASSING: Verdict.POSTPONED,
    Nature.OPERATOR: Verdict.POSTPONED,
    Nature.UNCLEAR: Verdict.DOUBTFUL,
}
_D, _P, _O, _U = Nature.DOCUMENT, Nature.PASSING, Nature.OPERATOR, Nature.UNCLEAR

# HL7 table 0008, where no error is named. AR without a reason is not known to pass: a person looks.
HL7_CODES: Mapping[str, Nature] = {
    AckCode.ERROR: _D,
    AckCode.REJECT: _D,
    AckCode.COMMIT_ERROR: _D,
    AckCode.COMMIT_REJECT: _D,
}
# HL7 table 0357 (2.5.1, and the codes that 2.7 and 2.8 added).
HL7_CONDITIONS: Mapping[str, Nature] = {
    "100": _D,  # segment sequence error
    "101": _D,  # required field missing
    "102": _D,  # data type error
    "103": _D,  # table value not found
    "104": _D,  # value too long
    "198": _D,  # non-conformant cardinality
    "199": _D,  # other HL7 error
    "200": _O,  # unsupported message type: it would be so of every result
    "201": _O,  # unsupported event code
    "202": _O,  # unsupported processing id: training where production is expected, or the reverse
    "203": _O,  # unsupported version id
    "204": _D,  # unknown key identifier
    "205": _D,  # duplicate key identifier
    "206": _P,  # application record locked
    "207": _P,  # application internal error; HAPI writes it for every refusal, so that a day of it is a person's matter
}

# RFC 9110 and its registry. 4xx: the server looked and did not take it. 5xx: what it did is not known.
HTTP_STATUSES: Mapping[int, Nature] = {
    400: _D,
    401: _O,
    402: _O,
    403: _O,
    404: _O,  # a wrong address
    405: _O,
    406: _O,  # it does not speak JSON
    407: _O,  # a proxy that does not know us
    408: _P,
    409: _U,  # the same document is being stored at this moment, by a try whose answer was lost (seen of HAPI)
    410: _O,  # it has moved for good
    411: _O,
    412: _U,  # several there bear our key: a person there must look
    413: _D,
    414: _O,
    415: _O,
    416: _D,
    417: _O,
    418: _D,
    421: _O,
    422: _D,
    423: _P,
    424: _D,
    425: _P,
    426: _O,
    428: _O,
    429: _P,
    431: _O,
    451: _O,
}
OPERATORS_CODES = frozenset(f"http_{status}" for status, nature in HTTP_STATUSES.items() if nature is _O)
# The issue types of FHIR (R4, and those that R5 added), of which an OperationOutcome names one for each error.
ISSUES: Mapping[str, Nature] = {
    **dict.fromkeys(("invalid", "structure", "required", "value", "invariant"), _D),
    **dict.fromkeys(("security", "login", "unknown", "expired", "forbidden", "suppressed"), _O),
    **dict.fromkeys(("processing", "duplicate", "multiple-matches", "not-found", "deleted", "too-long"), _D),
    **dict.fromkeys(("code-invalid", "extension", "too-costly", "business-rule", "conflict", "not-supported"), _D),
    **dict.fromkeys(("limited-filter", "informational", "success"), _D),  # no errors: they excuse nothing
    **dict.fromkeys(("transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"), _P),
}


def nature_of_hl7(code: AckCode, conditions: Collection[str]) -> Nature:
    """Return whose matter a negative acknowledgement is: the document's as soon as one of its errors is."""
    if not conditions:
        return HL7_CODES[code]
    return _gravest([HL7_CONDITIONS.get(condition, _D) for condition in conditions])


def nature_of_http(status: int, issues: Collection[str] = ()) -> Nature:
    """Return whose matter an HTTP answer is that is no acceptance.

    What an OperationOutcome says of its errors refines a refusal of the document: it may pass, or be the operator's.
    """
    if 300 <= status < 400:
        return _O  # never followed: it could lead results elsewhere
    nature = HTTP_STATUSES.get(status, _D if 400 <= status < 500 else _U)
    if nature is not _D or not issues:
        return nature
    return _gravest([ISSUES.get(issue, _D) for issue in issues])


def _gravest(natures: Collection[Nature]) -> Nature:
    return min(natures, key=list(Nature).index)
