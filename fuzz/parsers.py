"""Every parser of what strangers send: how it takes bytes, what it may raise, and what real inputs look like."""

from __future__ import annotations

import io
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.site.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from temoin.api.bodies import NewPatient, WholeResults
from temoin.api.paging import AskedList
from temoin.arrivals.filled import FormBrokenError, read_filled
from temoin.crypto.assertion import KeyRefusedError, read_public_key
from temoin.crypto.signatures import PublicKeyError
from temoin.formats.csv import acknowledgement, dates, patients, reading, tables, vocabulary
from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.reading import Said
from temoin.formats.fhir import reader as fhir_reader
from temoin.formats.fhir.parts import DocumentError
from temoin.formats.handed import astm, fhir_file, fhir_tree, hl7_file, hl7_orders
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.opening import open_results
from temoin.formats.hcert import base45, cbor, hc1, inflating, judging, revoking, smart, trusted
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hl7v2 import acknowledgement as hl7_acknowledgement
from temoin.formats.hl7v2 import reader as hl7_reader
from temoin.formats.hl7v2 import separators, syntax
from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.framing import unframed
from temoin.formats.mail_notices import read_told
from temoin.formats.mssante.notices import read_notice
from temoin.formats.reviewed import parse_reviewed
from temoin.formats.xlsx import parts, reader
from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import DataFileError, parse_data
from temoin.lib.days import read_day
from temoin.lib.errors import TemoinError
from temoin.lib.phones import PhoneError, read_phone
from temoin.lib.retry_after import asked_pause
from temoin.mail.answers import reply_kept
from temoin.mail.replies import MailStage, judge_reply
from temoin.pharmacies.couriers.annuaire_sante import RegisterAnswerError, read_entries
from temoin.pharmacies.program_calls import check_key
from temoin.pharmacies.scopes import read_scopes
from temoin.pharmacies.token_pace import client_named_in
from temoin.scanning import gs1, hibc, ins, mrz, nir, sample_numbers, tickets
from temoin.scanning import reading as scans
from temoin.settings.file import settings_of
from temoin.transmission.channels.fhir.exchange import read_json

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
RULES = CellRules(NOW)
NOTHING_SAID = Said()


@dataclass(frozen=True)
class Parser:
    """One parser, called by `take`; what it `refuses` with is its answer, and any other exception a fault."""

    take: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...] = ()
    like: tuple[str, ...] = ()  # kinds of real inputs, see `inputs`


def of_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Hand the input over as text; what is no UTF-8 stands in it as a door would put it."""
    return lambda data: read(data.decode("utf-8", "replace"))


def of_stream(read: Callable[[io.BytesIO], Any]) -> Callable[[bytes], object]:
    """Hand the input over as a file, and read what comes to its end."""
    return lambda data: drained(read(io.BytesIO(data)))


def drained(told: Any) -> object:
    rows = getattr(told, "rows", told)
    if isinstance(rows, Iterable) and not isinstance(rows, str | bytes | Mapping):
        for _ in rows:
            pass
    return told


def workbook(data: bytes) -> None:
    """Read a workbook as a table is: its rows, and the text of its cells."""
    drained(reader.read_workbook(io.BytesIO(data), most_columns=500))


def archive(data: bytes) -> None:
    with parts.opened_archive(io.BytesIO(data)):
        pass


def settings(data: bytes) -> None:
    """Read a settings file; that it is TOML at all is the library's matter."""
    with suppress(tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        settings_of(tomllib.loads(data.decode()), Path("/nowhere/temoin.toml"))


def messages(data: bytes) -> None:
    """Read each message of a file as results, and as an order that is judged."""
    drained(hl7_file.told_of_file(io.BytesIO(data), tables.Encoding.UTF_8, Passed()))
    for raw in hl7_file.raw_messages(io.BytesIO(data)):
        for one in hl7_file.told_of_message(raw, tables.Encoding.UTF_8, Passed(), hl7_orders.told_orders):
            hl7_orders.judge_order(one, RULES)


class _NoSeat:
    program_id = pharmacy_id = UUID(int=0)


def cursor(text: str) -> None:
    """Ask for a cursor's place as long as no proof is compared: this is what a stranger reaches without the key."""
    AskedList(_NoSeat(), "tests", "/api/v1/tests", {}).read_cursor(text.replace(".", ""))  # type: ignore[arg-type]


def body(data: bytes) -> None:
    for shape in (WholeResults, NewPatient):
        with suppress(ValueError):  # pydantic's own; what is told of it is a table of words
            shape.model_validate_json(data, strict=True)


CSV, HL7, FHIR, TEXT = ("csv",), ("hl7",), ("json", "xml", "ndjson"), ("text",)
REFUSED, HL7_WRONG, NO_CERTIFICATE = (FileRefusedError,), (Hl7Error,), (NotACertificateError,)

PARSERS: dict[str, Parser] = {
    # Files of results and lists of patients
    "formats/csv/reading.py:read_results": Parser(
        of_stream(lambda file: reading.read_results(file, rules=RULES)), REFUSED, ("csv", "xlsx")
    ),
    "formats/csv/reading.py:header_of": Parser(of_stream(reading.header_of), REFUSED, ("csv", "xlsx")),
    "formats/csv/reading.py:records_of": Parser(of_stream(reading.records_of), REFUSED, ("csv", "xlsx")),
    "formats/csv/tables.py:open_table": Parser(of_stream(tables.open_table), REFUSED, ("csv", "xlsx")),
    "formats/csv/patients.py:read_patients": Parser(
        of_stream(lambda file: patients.read_patients(file, rules=RULES, said=NOTHING_SAID)), REFUSED, ("csv", "xlsx")
    ),
    "formats/csv/dates.py:read_written": Parser(of_text(dates.read_written), (), TEXT),
    "formats/csv/vocabulary.py:find_clock": Parser(of_text(vocabulary.find_clock), (), TEXT),
    "formats/csv/vocabulary.py:find_zone": Parser(of_text(vocabulary.find_zone), (), TEXT),
    "formats/xlsx/reader.py:read_workbook": Parser(workbook, (reader.WorkbookError,), ("xlsx",)),
    "formats/xlsx/parts.py:opened_archive": Parser(archive, (reader.WorkbookError,), ("xlsx",)),
    "formats/handed/opening.py:open_results": Parser(
        of_stream(lambda file: open_results(file, rules=RULES)), REFUSED, (*CSV, *HL7, *FHIR, "xlsx")
    ),
    # Messages
    "formats/handed/hl7_file.py:raw_messages": Parser(of_stream(hl7_file.raw_messages), REFUSED, HL7),
    "formats/handed/hl7_file.py:told_of_file": Parser(messages, REFUSED, HL7),
    "formats/handed/hl7_file.py:is_hl7": Parser(hl7_file.is_hl7, (), HL7),
    "formats/handed/fhir_file.py:is_json": Parser(fhir_file.is_json, (), FHIR),
    "formats/handed/fhir_file.py:is_fhir_xml": Parser(fhir_file.is_fhir_xml, (), FHIR),
    "formats/handed/fhir_file.py:told_of_json": Parser(
        of_stream(lambda file: fhir_file.told_of_json(file, tables.Encoding.UTF_8, Passed())), REFUSED, FHIR
    ),
    "formats/handed/fhir_file.py:told_of_xml": Parser(
        of_stream(lambda file: fhir_file.told_of_xml(file, tables.Encoding.UTF_8, Passed())), REFUSED, FHIR
    ),
    "formats/handed/fhir_tree.py:portions": Parser(
        of_stream(lambda file: fhir_tree.portions(file, is_xml=file.getvalue()[:1] == b"<")), REFUSED, FHIR
    ),
    "formats/handed/astm.py:astm_records": Parser(astm.astm_records, (astm.AstmError,), ("astm",)),
    "formats/handed/astm.py:told_by_analyser": Parser(
        lambda data: astm.told_by_analyser(data, {}), (astm.AstmError,), ("astm",)
    ),
    "formats/hl7v2/syntax.py:read_messages": Parser(syntax.read_messages, HL7_WRONG, HL7),
    "formats/hl7v2/syntax.py:read_message": Parser(syntax.read_message, HL7_WRONG, HL7),
    "formats/hl7v2/syntax.py:read_time": Parser(of_text(syntax.read_time), (ValueError,), TEXT),
    "formats/hl7v2/syntax.py:told_codec": Parser(syntax.told_codec, HL7_WRONG, HL7),
    "formats/hl7v2/separators.py:read_separators": Parser(of_text(separators.read_separators), HL7_WRONG, HL7),
    "formats/hl7v2/framing.py:unframed": Parser(unframed, (), HL7),
    # What receivers and mail servers answer
    "formats/hl7v2/acknowledgement.py:read_acknowledgement": Parser(
        hl7_acknowledgement.read_acknowledgement, HL7_WRONG, ("ack", "hl7")
    ),
    "formats/hl7v2/reader.py:read_report": Parser(hl7_reader.read_report, HL7_WRONG, HL7),
    "formats/fhir/reader.py:read_document": Parser(fhir_reader.read_document, (DocumentError,), ("json",)),
    "formats/csv/acknowledgement.py:read_acknowledgements": Parser(
        acknowledgement.read_acknowledgements, (), ("csv", "text")
    ),
    "formats/csv/acknowledgement.py:ends_a_line": Parser(acknowledgement.ends_a_line, (), CSV),
    "formats/mail_notices.py:read_told": Parser(read_told, (), ("eml",)),
    "formats/mssante/notices.py:read_notice": Parser(read_notice, (), ("eml",)),
    "mail/replies.py:judge_reply": Parser(
        lambda data: [judge_reply(stage, 250 + len(data) % 350, data) for stage in MailStage], (), ("reply",)
    ),
    "mail/answers.py:reply_kept": Parser(lambda data: reply_kept(550, data), (), ("reply",)),
    "transmission/channels/fhir/exchange.py:read_json": Parser(read_json, (), ("json",)),
    "transmission/channels/fhir/retry_after.py:asked_pause": Parser(of_text(asked_pause), (), TEXT),
    "pharmacies/couriers/annuaire_sante.py:read_entries": Parser(
        lambda data: read_entries(data, "10003419063"), (RegisterAnswerError,), ("json",)
    ),
    # Certificates
    "formats/hcert/base45.py:decode_base45": Parser(of_text(base45.decode_base45), NO_CERTIFICATE, ("hcert",)),
    "formats/hcert/cbor.py:read_cbor": Parser(cbor.read_cbor, NO_CERTIFICATE, ("cbor",)),
    "formats/hcert/hc1.py:read_hc1": Parser(of_text(hc1.read_hc1), NO_CERTIFICATE, ("hcert",)),
    "formats/hcert/hc1.py:read_cose": Parser(hc1.read_cose, NO_CERTIFICATE, ("cbor",)),
    "formats/hcert/inflating.py:inflate": Parser(
        lambda data: [inflating.inflate(data[1:], -15 if data[:1] < b"\x80" else 15)], NO_CERTIFICATE, ("deflated",)
    ),
    "formats/hcert/judging.py:judge_certificate": Parser(
        of_text(lambda text: judging.judge_certificate(text, (), at=NOW)), (), ("hcert",)
    ),
    "formats/hcert/revoking.py:read_revocations": Parser(
        of_text(lambda text: revoking.read_revocations(text, ())), NO_CERTIFICATE, ("jws",)
    ),
    "formats/hcert/smart.py:read_smart": Parser(of_text(smart.read_smart), NO_CERTIFICATE, ("hcert",)),
    "formats/hcert/smart.py:read_json": Parser(smart.read_json, NO_CERTIFICATE, ("json",)),
    "formats/hcert/smart.py:decode_base64url": Parser(of_text(smart.decode_base64url), NO_CERTIFICATE, ("jws",)),
    "formats/hcert/trusted.py:certified": Parser(trusted.certified, (PublicKeyError,), ("der",)),
    # Scans
    "scanning/reading.py:read_scan": Parser(of_text(lambda text: scans.read_scan(text, today=TODAY)), (), ("scan",)),
    "scanning/gs1.py:read_elements": Parser(of_text(gs1.read_elements), (), ("scan",)),
    "scanning/gs1.py:read_link": Parser(of_text(gs1.read_link), (), ("scan",)),
    "scanning/hibc.py:read_hibc": Parser(of_text(hibc.read_hibc), (), ("scan",)),
    "scanning/ins.py:read_ins": Parser(of_text(ins.read_ins), (), ("scan",)),
    "scanning/mrz.py:read_zone": Parser(of_text(lambda text: mrz.read_zone(text, today=TODAY)), (), ("scan",)),
    "scanning/nir.py:read_nir": Parser(of_text(nir.read_nir), (), ("scan",)),
    "scanning/sample_numbers.py:read_sample_number": Parser(of_text(sample_numbers.read_sample_number), (), ("scan",)),
    "scanning/tickets.py:read_ticket_code": Parser(of_text(tickets.read_ticket_code), (), ("scan",)),
    # What programs, patients and operators hand in
    "api/bodies.py:WholeResults": Parser(body, (), ("body", "json")),
    "api/paging.py:AskedList.read_cursor": Parser(of_text(cursor), (TemoinError,), TEXT),
    "pharmacies/program_calls.py:check_key": Parser(of_text(check_key), (TemoinError,), TEXT),
    "pharmacies/token_pace.py:client_named_in": Parser(of_text(client_named_in), (), ("jws",)),
    "pharmacies/scopes.py:read_scopes": Parser(of_text(read_scopes), (TemoinError, ValueError), TEXT),
    "crypto/assertion.py:read_public_key": Parser(of_text(read_public_key), (KeyRefusedError,), ("pem", "json")),
    "arrivals/filled.py:read_filled": Parser(read_filled, (FormBrokenError,), ("form", "json")),
    "lib/days.py:read_day": Parser(of_text(read_day), (ValueError,), TEXT),
    "lib/phones.py:read_phone": Parser(of_text(lambda text: read_phone(text, ["FR"])), (PhoneError,), TEXT),
    "lib/data_file.py:parse_data": Parser(
        of_text(lambda text: parse_data("x.toml", text)), (DataFileError,), ("toml",)
    ),
    "formats/reviewed.py:parse_reviewed": Parser(
        of_text(lambda text: parse_reviewed("x.toml", text)), (DataFileError,), ("toml",)
    ),
    "settings/file.py:settings_of": Parser(settings, (ConfigError,), ("toml",)),
}

# Functions that look like parsers of what strangers send and are none, each with its reason.
NO_PARSERS = {
    "formats/csv/report_file.py:keys_of": "reads back a file of ours, which was kept sealed",
    "formats/csv/report_file.py:joined_files": "puts our own files together",
    "formats/hcert/base45.py:encode_base45": "writes",
    "formats/hcert/smart.py:encode_base64url": "writes",
    "formats/hcert/hc1.py:to_be_signed": "writes",
    "formats/hcert/hc1.py:write_hc1": "writes",
    "formats/hcert/own_writing.py:own_certificate": "writes",
    "formats/hcert/revoking.py:write_revocations": "writes",
    "formats/hcert/claims.py:mark_of": "a hash of a number of ours",
    "formats/hcert/trusted.py:named": "chooses keys of ours",
    "formats/hl7v2/cisis.py:document_message": "writes",
    "formats/hl7v2/framing.py:framed": "writes",
    "formats/hl7v2/answering.py:batch_acknowledgement": "writes",
    "formats/xdm/metadata.py:metadata": "writes",
    "formats/reviewed.py:read_reviewed": "reads our own data files; `parse_reviewed` takes the content",
    "mail/imap.py:read_mailbox": "the exchange with a server; what it takes in is read by the notices' readers",
    "intake/handing.py:hand_in": "an act: opens the file by `open_results`",
    "intake/held.py:keep_file": "an act: keeps bytes sealed, and reads none",
    "intake/measuring.py:propose_astm": "an act: reads by `told_by_analyser`",
    "intake/messages.py:rows_of_bundle": "reads by the `fhir_file` readers, with the database's places",
    "intake/people.py:import_patients": "an act: opens the file by `read_patients`",
    "intake/results.py:import_results": "an act: opens the file by `open_results`",
}
