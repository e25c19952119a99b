"""How long each text may be that a person types or a program sends: decided here, for every room and every door.

The longest text that a register, a document or a message keeps whole decides; where several do, the sensible one. A
format that keeps less of a name cuts it (`formats.hl7v2.lengths`), for identifiers travel beside every name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NAME: Final = 120  # of a person; identity documents and the INS keep fewer
SIGNS: Final = 40  # a number or a date as people write them, with marks between
ADDRESS: Final = 254  # of mail, with its angle brackets (RFC 5321)

LONGEST: Final[Mapping[str, int]] = {
    **{
        f"Patient.{field}": NAME
        for field in (
            *("birth_family_name", "birth_given_names", "used_family_name", "used_given_name"),
            *("street", "city", "county", "state", "doctor_family_name", "doctor_given_name"),
        )
    },
    **{f"Patient.{field}": SIGNS for field in ("birth_date", "birth_place", "nir", "phone", "postcode", "doctor_rpps")},
    **{f"Patient.{field}": SIGNS for field in ("sex", "identity_status", "country", "single_name", "doctor_copy")},
    "Patient.language": SIGNS,
    "Patient.way": SIGNS,
    "Patient.email": ADDRESS,
    "Patient.doctor_mailbox": ADDRESS,
    "Pharmacy.name": 120,  # the long name in the FINESS register has 60
    "Pharmacy.street": 120,  # HL7 v2: SAD
    "Pharmacy.city": 50,  # HL7 v2: XAD-3; the longest name of a French commune has 45
    "Pharmacy.postcode": SIGNS,
    "Pharmacy.phone": SIGNS,
    "Pharmacy.finess": SIGNS,
    "Pharmacy.time_zone": SIGNS,
    "Member.family_name": NAME,
    "Member.given_name": NAME,
    "Member.rpps": SIGNS,
    "Officer.name": NAME,
    "Invitation.family_name": NAME,
    "Invitation.given_name": NAME,
    "Invitation.rpps": SIGNS,
    "Invitation.email": ADDRESS,
    "Person.email": ADDRESS,
    "Program.name": 80,
    "Program.public_key": 8192,
    "Webhook.address": 2000,  # what clients and proxies carry without trouble
    "Laboratory.name": 120,
    "Laboratory.number": SIGNS,
    "Record.order_number": 50,  # HL7 v2.3 gives an entity identifier 22
    "Lot.number": 20,  # GS1 application identifier 10
    "Lot.udi": 200,
    "Lot.opened_where": 40,
    "Lot.recall_reference": 80,
    "Group.name": 120,
    "Group.asker": 120,
    "OrphanResult.reason": 500,
    "RecordVersion.comment": 1000,
    "RecordVersion.reason": 500,
    "ProposedAmendment.word": 500,  # as its reason
    "Passkey.name": 40,
    "Hold.reason": 500,
    "RightsCase.asked": 2000,
    "RightsCase.answer": 2000,
    "RightsCase.why_later": 1000,
}
