"""The test record, its signed versions, and the ticket that carries the patient's code."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, ClassVar

from django.db import models

from temoin.crypto.blind import BlindIndexField, lookup_index, lookup_indexes, unique_index, unique_indexes
from temoin.crypto.envelope import CONTENT
from temoin.crypto.letter import normalise_code
from temoin.crypto.sealed import Reader, SealedField, SealedModel
from temoin.lib.tenant import Sensitivity
from temoin.testing.fields import sensitivity_of
from temoin.testing.report import Report
from temoin.testing.states import GROUP, ORPHAN, RECORD, UNDER_WAY, GroupState, OrphanState, RecordState

PUBLIC = Sensitivity.PUBLIC
PERSONAL = Sensitivity.PERSONAL
HEALTH = Sensitivity.HEALTH
SOURCE_USE, NUMBER_USE, CODE_USE = "result source", "sample number", "ticket code"


def _without_order(value: dict[str, Any]) -> dict[str, Any]:
    return {"order_number": "", **value}


def _without_source_content(value: dict[str, Any]) -> dict[str, Any]:
    return _without_order({"source_content": "", **value})


def _without_amendment(value: dict[str, Any]) -> dict[str, Any]:
    return _without_source_content({"amendment": None, **value})


def _without_wait(value: dict[str, Any]) -> dict[str, Any]:
    return _without_amendment({"called_at": "", "absent_at": "", "is_first": False, **value})


def _with_nothing_asked(value: dict[str, Any]) -> dict[str, Any]:
    return _without_wait({"answers": {}, **value})


def _without_number(value: dict[str, Any]) -> dict[str, Any]:
    return _without_proposal({"number": "", **value})


def _with_reading_clock(value: dict[str, Any]) -> dict[str, Any]:
    return _without_number({"started_at": "", "typed_times": [], **value})


def _without_proposal(value: dict[str, Any]) -> dict[str, Any]:
    return _with_nothing_asked({"proposal": None, **value})


def _with_nobody_who_ordered(value: dict[str, Any]) -> dict[str, Any]:
    return _with_nothing_asked_or_done({"prescriber": None, "laboratory": None, **value})


def _with_nothing_asked_or_done(value: dict[str, Any]) -> dict[str, Any]:
    return _with_order_unmeasured({"answers": [], "conduct": None, **value})


def _with_order_unmeasured(value: dict[str, Any]) -> dict[str, Any]:
    return _with_nothing_measured(_without_order(value))


def _with_nothing_measured(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "findings": [{"quantity": None, **finding} for finding in value["findings"]]}


class Record(SealedModel):
    """One test of one patient, from registration on. The kind of test and all times to the minute are sealed."""

    patient_id = models.UUIDField()
    lot_id = models.UUIDField(null=True)  # in clear, so that a recalled lot's tests can be found
    state = models.TextField(default=RecordState.REGISTERED.value)
    version = models.IntegerField(default=0)  # of the latest signed version
    amends = models.IntegerField(null=True)  # the version that a program proposes to correct or to cancel
    registered_at = models.DateTimeField()  # to the hour
    source_index = BlindIndexField(null=True)  # keyed digest of the number that a file or a program gave the result
    number_index = BlindIndexField(null=True)  # keyed digest of the number on its cassette
    sealed = SealedField(
        holds={
            "kind": HEALTH,
            "registered_at": HEALTH,
            "notice": PERSONAL,
            "source": PUBLIC,
            "source_key": PERSONAL,
            "order_number": PERSONAL,
            "source_content": HEALTH,  # digests of what its sender said of it
            "number": PUBLIC,
            "called_at": PERSONAL,
            "absent_at": PERSONAL,
            "is_first": HEALTH,  # for symptoms
            "specimen": HEALTH,
            "sampled_at": HEALTH,
            "started_at": HEALTH,
            "typed_times": PUBLIC,
            "device": HEALTH,
            "proposal": HEALTH,
            "answers": HEALTH,
            "amendment": HEALTH,
        }
    )

    lifecycle: ClassVar = RECORD
    stirs: ClassVar = True
    declares: ClassVar = {
        "patient_id": PUBLIC,
        "lot_id": PUBLIC,
        "state": PUBLIC,
        "version": PUBLIC,
        "amends": PUBLIC,
        "registered_at": PUBLIC,
        "source_index": HEALTH,
        "number_index": PUBLIC,
        "sealed": HEALTH,
    }
    binds: ClassVar = ("patient_id", "lot_id")
    schema: ClassVar = 9
    readers: ClassVar = {
        1: Reader(upgrade=_with_reading_clock),
        2: Reader(upgrade=_without_number),
        3: Reader(upgrade=_without_proposal),
        4: Reader(upgrade=_with_nothing_asked),
        5: Reader(upgrade=_without_wait),
        6: Reader(upgrade=_without_amendment),
        7: Reader(upgrade=_without_source_content),
        8: Reader(upgrade=_without_order),
        9: Reader(),
    }

    class Meta:
        db_table = "testing_record"
        constraints: ClassVar = [
            # only of records that came from a file or a program's message: the counter's would have an entry that
            # nobody looks up, and a second one at each change of state
            models.UniqueConstraint(
                fields=["pharmacy_id", "source_index"],
                condition=models.Q(source_index__isnull=False),
                name="testing_record_source",
            ),
            # serves the field of the counter too; once signed, a record leaves its number to another
            models.UniqueConstraint(
                fields=["pharmacy_id", "number_index"],
                condition=models.Q(number_index__isnull=False, state__in=[state.value for state in UNDER_WAY]),
                name="testing_record_number",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in RecordState]),
                name="testing_record_state",
            ),
        ]
        indexes: ClassVar = [
            # serves the day's list at the counter
            models.Index(fields=["pharmacy_id", "-registered_at"], name="testing_record_recent"),
            # serves what is under way there, whatever its age
            models.Index(
                fields=["pharmacy_id"],
                condition=models.Q(state__in=[state.value for state in UNDER_WAY]),
                name="testing_record_under_way",
            ),
            # serves the patient's page
            models.Index(fields=["pharmacy_id", "patient_id"], name="testing_record_patient"),
            # serves the count of a lot, and the list of everybody who was tested with it
            models.Index(
                fields=["pharmacy_id", "lot_id"],
                condition=models.Q(lot_id__isnull=False),
                name="testing_record_lot",
            ),
            # serves what programs propose of signed results; the next signature takes a row out of it
            models.Index(
                fields=["pharmacy_id"],
                condition=models.Q(amends=models.F("version")),
                name="testing_record_amended",
            ),
        ]

    def blind_indexes(self) -> dict[str, bytes | None]:
        """Return the index of the result that a file or a message brought, where one did, and of the sample number."""
        held = self.unseal()
        return {"source_index": source_index(held["source_key"]), "number_index": number_index(held["number"])}


def source_index(source_key: str) -> bytes | None:
    """Return what a record stores to be found by its source file's own result; `source_key` is `fold_parts`'s."""
    return unique_index(SOURCE_USE, source_key) if source_key else None


def number_index(number: str) -> bytes | None:
    """Return what a record stores to be found by its sample number."""
    return unique_index(NUMBER_USE, number) if number else None


def number_indexes(number: str) -> list[bytes]:
    """Return every index under which a sample number may stand."""
    return unique_indexes(NUMBER_USE, number)


def source_indexes(source_key: str) -> list[bytes]:
    """Return every index under which a source file's result may stand."""
    return unique_indexes(SOURCE_USE, source_key)


class RecordVersion(SealedModel):
    """What was signed, whole and for ever: the sealed value is the Report."""

    record_id = models.UUIDField()
    number = models.IntegerField()
    signed_by = models.UUIDField()
    signed_at = models.DateTimeField()  # to the hour; the exact time is in the Report
    sealed = SealedField(holds={name: sensitivity_of(name) for name in Report.__dataclass_fields__})

    declares: ClassVar = {
        "record_id": PUBLIC,
        "number": PUBLIC,
        "signed_by": PUBLIC,
        "signed_at": PUBLIC,
        "sealed": HEALTH,
    }
    binds: ClassVar = ("record_id", "number", "signed_by", "signed_at")
    schema: ClassVar = 5
    readers: ClassVar = {
        1: Reader(upgrade=_with_nobody_who_ordered),
        2: Reader(upgrade=_with_nothing_asked_or_done),
        3: Reader(upgrade=_with_order_unmeasured),
        4: Reader(upgrade=_with_nothing_measured),
        5: Reader(),
    }
    told: ClassVar = False  # a version is written once, and the digest of its own is in the event that tells of it

    class Meta:
        db_table = "testing_record_version"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "record_id", "number"], name="testing_version_once")
        ]
        indexes: ClassVar = [
            # serves the statement of a day
            models.Index(fields=["pharmacy_id", "signed_at"], name="testing_version_day"),
            # serves the list of patients to call, who must know what replaced a former version
            models.Index(
                fields=["pharmacy_id", "signed_at"],
                condition=models.Q(number__gt=1),
                name="testing_version_later",
            ),
        ]

    @property
    def digest(self) -> bytes:
        """Return the hash that the act's event keeps of this row, so that an old one put back is noticed.

        It covers the sealed content, not the head that names its key; `testing.evidence` makes the same in SQL.
        """
        hour = int(self.signed_at.timestamp()).to_bytes(8, "big")
        return sha256(self.sealed[CONTENT:] + self.id.bytes + self.signed_by.bytes + hour).digest()

    @property
    def report(self) -> Report:
        return Report.from_dict(self.unseal())


class Ticket(SealedModel):
    """The code on the counter ticket, and the key stretched from it, which seals every letter of its record.

    The key lives as long as the record, sealed as the result beside it is. The code is destroyed a day after the
    signature, or once a letter was opened, so that the ticket can be printed again till then (decision 0115).
    """

    record_id = models.UUIDField()
    has_code = models.BooleanField(default=True)
    drawn_at = models.DateTimeField()  # the hour
    code_index = BlindIndexField(null=True)  # while the code is there: the ticket opens the row of its test
    sealed = SealedField(holds={"code": PERSONAL, "salt": PERSONAL, "key": PERSONAL})

    declares: ClassVar = {
        "record_id": PUBLIC,
        "has_code": PUBLIC,
        "drawn_at": PUBLIC,
        "code_index": PERSONAL,
        "sealed": PERSONAL,
    }
    binds: ClassVar = ("record_id", "has_code", "drawn_at")

    class Meta:
        db_table = "testing_ticket"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "record_id"], name="testing_ticket_once")
        ]
        indexes: ClassVar = [
            # serves the duty that destroys codes, and the ticket that is scanned
            models.Index(
                fields=["pharmacy_id", "code_index"],
                condition=models.Q(has_code=True),
                name="testing_ticket_code",
            )
        ]

    def blind_indexes(self) -> dict[str, bytes | None]:
        """Return the index of the code, while it is there."""
        return {"code_index": code_index(self.unseal()["code"])}


class Group(SealedModel):
    """People to be tested in series for a school, a care home or a firm, which is told nothing (decision 0168).

    The roster names patients of this pharmacy by their numbers alone; a test is registered once its person consents.
    """

    state = models.TextField(default=GroupState.OPEN.value)
    opened_at = models.DateTimeField()  # to the hour
    ends_at = models.DateTimeField()  # deleted then
    sealed = SealedField(holds={"name": PERSONAL, "kind": HEALTH, "asker": PERSONAL, "roster": HEALTH})

    lifecycle: ClassVar = GROUP
    stirs: ClassVar = True
    declares: ClassVar = {"state": PUBLIC, "opened_at": PUBLIC, "ends_at": PUBLIC, "sealed": HEALTH}
    binds: ClassVar = ("state", "opened_at", "ends_at")

    class Meta:
        db_table = "testing_group"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in GroupState]), name="testing_group_state"
            ),
        ]
        indexes: ClassVar = [
            # serves the list of groups, those whose numbers are taken, and the round that ends them
            models.Index(fields=["pharmacy_id", "ends_at"], name="testing_group_ends"),
        ]


class OrphanResult(SealedModel):
    """A result of an analyser that was not proposed by itself: a person ties it to its test, or sets it aside."""

    state = models.TextField(default=OrphanState.WAITING.value)
    kept_at = models.DateTimeField()  # to the hour
    ends_at = models.DateTimeField()  # deleted then
    sealed = SealedField(
        holds={
            **dict.fromkeys(("number", "findings", "told_at", "came_at"), HEALTH),
            **dict.fromkeys(("program", "why"), PUBLIC),
            "reason": PERSONAL,
        }
    )

    lifecycle: ClassVar = ORPHAN
    stirs: ClassVar = True
    declares: ClassVar = {
        **dict.fromkeys(("state", "kept_at", "ends_at"), PUBLIC),
        "sealed": HEALTH,
    }
    binds: ClassVar = ("state", "kept_at", "ends_at")

    class Meta:
        db_table = "testing_orphan_result"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in OrphanState]), name="testing_orphan_result_state"
            ),
        ]
        indexes: ClassVar = [
            # serves the round that ends them, and the list of those that wait
            models.Index(fields=["pharmacy_id", "ends_at"], name="testing_orphan_result_ends"),
        ]


def code_index(code: str) -> bytes | None:
    """Return what a ticket stores to be found by its code, as people see it; None once that is destroyed."""
    return lookup_index(CODE_USE, normalise_code(code)) if code else None


def code_indexes(code: str) -> list[bytes]:
    """Return every index under which a ticket of these ten characters may stand."""
    return lookup_indexes(CODE_USE, code)
