"""`temoin check`: everything that would keep a process from its work, at once; `--as PROCESS`: as its unit does."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from temoin.api.listening_settings import PlainPort
from temoin.catalogue.advice import load_advice
from temoin.catalogue.billing import load_acts
from temoin.catalogue.controls import load_controls
from temoin.catalogue.kits import KITS_FILE, load_kits, use_kits_file
from temoin.catalogue.logigrams import load_logigrams
from temoin.catalogue.patient_languages import patient_languages
from temoin.catalogue.questions import load_kind_questions
from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.database_server import database_running
from temoin.cli.django_process import settings_file
from temoin.cli.looks import CheckReport, certificates_told, folder_findings, look_at_database
from temoin.formats.cda.terms import load_terms as bio_trod_terms
from temoin.formats.fhir.terms import german_terms, swiss_terms
from temoin.formats.handed.codes import load_codes
from temoin.formats.hl7v2.questions import load_questions
from temoin.lib.config_error import ConfigError
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.lateness import alarm_findings
from temoin.retention.classes import class_lines
from temoin.settings.checks import debug_findings, homonymous_secrets, setup_findings, shared_passwords
from temoin.settings.file import VARIABLE, Config, Process, read_config
from temoin.site.database_role import NoServerError, findings_as
from temoin.surveillance.sender_rules import load_sender_rules

# By the command that the process is, and by the name that the settings give it.
PROCESSES = {
    "web": Process.STAFF,
    "reaper": Process.KEEPER,
    "migrate": Process.OWNER,
    **{process.value: process for process in Process},
}


def add_commands(commands: Commands) -> None:
    parser = commands.add_parser("check", help="say everything that is wrong with the set-up")
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    words = "look as this process and with this account, as its unit does before it starts: " + ", ".join(PROCESSES)
    parser.add_argument("--as", dest="process", choices=list(PROCESSES), metavar="PROCESS", help=words)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the findings; 0 when there is none. What is down, or ends soon, is only told: down is normal."""
    settings = settings_file(options.data)
    os.environ[VARIABLE] = os.path.realpath(settings)  # kits and what else lies beside them are those of these settings
    config = read_config(settings)
    with database_running(settings):
        told = checked(config, None if options.process is None else PROCESSES[options.process])
    _say(config, told, is_whole=options.process is None)
    return 1 if told.findings else 0


def checked(config: Config, process: Process | None = None) -> CheckReport:
    """Return what is found and what is to be told, of one process or of all; the database is up if it can be."""
    processes = config.processes if process is None else [process]
    told = CheckReport([finding for each in processes for finding in _of_process(config, each)])
    if process is None:
        told.findings += shared_passwords(config) + homonymous_secrets(config)
    if Process.WORKER in processes:
        told.add(look_at_channels(config))
        told.remarks += certificates_told(config).remarks
    told.findings += debug_findings(config, debug=False) + kits_findings(config)
    for role in dict.fromkeys(each.role for each in processes):
        try:
            told.findings += _of_role(config, role, told)
        except NoServerError as error:  # a unit starts all the same, and its process waits
            (told.findings if process is None else told.remarks).append(str(error))
    return CheckReport(list(dict.fromkeys(told.findings)), list(dict.fromkeys(told.remarks)))


def _say(config: Config, told: CheckReport, *, is_whole: bool) -> None:
    for finding in told.findings:
        say(f"- {finding}")
    for remark in told.remarks:
        say(remark)
    if is_whole and not kits_findings(config):  # what follows reads the kits
        say(f"Hosting: {config.hosting.words if config.hosting else 'not declared (a demonstration needs none)'}")
        tables = (*table_lines(), *unsure_lines(), *doubt_lines())
        for line in (*rule_lines(config), *plain_lines(config), *tables, *class_lines(config.retention)):
            say(line)
    say("Nothing is wrong." if not told.findings else f"Findings: {len(told.findings)}.")


def _of_process(config: Config, process: Process) -> list[str]:
    found = setup_findings(config, process) + folder_findings(config, process)
    return found + (alarm_findings(config.alarms, demo=config.site.demo) if process is Process.WORKER else [])


def kits_findings(config: Config) -> list[str]:
    """Return that the catalogue beside the settings cannot be read, with which no process starts."""
    use_kits_file(config.folder / KITS_FILE)
    try:
        load_kits()
    except ConfigError as error:
        return [str(error)]
    return []


def look_at_channels(config: Config) -> CheckReport:
    """Return what each channel finds at its other side; what cannot be known now is told, and is no finding."""
    looks = [channel.look(own) for channel, own in config.set_up]
    unknown = [words for look in looks for words in look.unknown]
    return CheckReport([finding for look in looks for finding in look.findings], unknown)


def rule_lines(config: Config) -> list[str]:
    """Return a line for each destination that is switched on: its rule set, and the texts that are not in force."""
    lines = []
    for destination, rules in config.rule_sets.items():
        articles = "; ".join(basis.article for basis in rules.bases)
        doubts = [f"not in force today: {one.article}" for one in rules.bases if not one.is_in_force(today_in(HOUSE))]
        doubts += ["not reviewed by a lawyer or a physician"] if rules.review.is_placeholder else []
        lines.append(" - ".join([f"{destination}: rules {rules.name} ({articles})", *doubts]))
    return lines or ["No destination of results is switched on."]


def plain_lines(config: Config) -> list[str]:
    """Return a line for each port that takes messages without TLS, with the reason that the operator gave."""
    ports = [(f"hl7.plain.{name}", one) for name, one in (config.hl7.plain if config.hl7 else {}).items()]
    analysers = config.astm.analysers if config.astm else {}
    both: list[tuple[str, PlainPort]] = [*ports, *((f"astm.analysers.{name}", one) for name, one in analysers.items())]
    return [f"Without TLS, {name}: {one.host}:{one.port}, from {one.network}: {one.reason}" for name, one in both]


def table_lines() -> list[str]:
    """Return a line for each table of reviewed data that nobody entitled to has reviewed yet."""
    tables = {
        "BIO-TROD": bio_trod_terms().review,
        "CH ELM": swiss_terms().review,
        "DEMIS": german_terms().review,
        "HL7 v2 questions": load_questions().review,
        "codes of messages": load_codes().review,
        "acts to bill": load_acts().review,
        "advice to patients": load_advice().review,
        "controls of lots": load_controls().review,
        "questions of tests": load_kind_questions().review,
        "logigrams": load_logigrams().review,
        "kits": load_kits().review,
        "rules for senders": load_sender_rules().review,
        **{f"words to patients in {one.name}": one.review for one in patient_languages().values()},
    }
    unreviewed = {name: review for name, review in tables.items() if review.is_placeholder}
    return [
        f"Reviewed data, {name}: not reviewed by a lawyer or a physician ({one.on}: {one.by}); source: {one.source}"
        for name, one in unreviewed.items()
    ]


def doubt_lines() -> list[str]:
    """Return a line for each act to bill of which something could not be confirmed."""
    return [f"Acts to bill, {act.name}: {act.doubt.en}" for act in load_acts().acts if act.doubt is not None]


def unsure_lines() -> list[str]:
    """Return a line for each entry of those tables that says of itself what was not compared with its source."""
    book = load_logigrams()
    entries: dict[str, str] = {f"question {one.code}": one.unsure for one in load_kind_questions().entries.values()}
    entries |= {f"medicine {one.code}": one.unsure for one in book.medicines.values()}
    for table in book.tables.values():
        entries |= {f"logigram {table.code}, row {n}": row.unsure for n, row in enumerate(table.rows, 1)}
    return [f"Not sure, {name}: {words}" for name, words in entries.items() if words]


def _of_role(config: Config, role: str, told: CheckReport) -> list[str]:
    if not os.access(config.database.password_file(role), os.R_OK):
        return []  # told already
    return findings_as(config, role, partial(look_at_database, config, role, told))
