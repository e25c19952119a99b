"""`temoin conformance`: lets an integrator or an authority try an endpoint with our documents. Needs no settings."""

from __future__ import annotations

import argparse
from pathlib import Path

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.numbers import seconds
from temoin.lib.config_error import ConfigError
from temoin_conformance.cases import TrialResult, TrialVerdict
from temoin_conformance.endpoint import Endpoint, EndpointError, read_address
from temoin_conformance.pages import as_html, as_json, summary_line
from temoin_conformance.trial import try_endpoint

CONFORMS, FAILS = 0, 1
PROFILES = {"fhir": ("http", "https"), "elr": ("mllp", "mllps")}


def add_commands(commands: Commands) -> None:
    words = "try an endpoint with invented documents, marked as tests, and tell what it does with each"
    parser = commands.add_parser("conformance", help=words, description=words.capitalize() + ".")
    parser.add_argument("address", metavar="URL", help="https://host/fhir, mllps://host:2575 or mllp://host:2575")
    parser.add_argument("--profile", choices=sorted(PROFILES), help="form of the documents (default: by the URL)")
    parser.add_argument("--token-file", type=Path, help="file with a bearer token")
    parser.add_argument("--authorities", type=Path, help="PEM: who may have signed the endpoint's certificate")
    parser.add_argument("--certificate", type=Path, help="PEM: our certificate, with --key")
    parser.add_argument("--key", type=Path, help="PEM: its key")
    parser.add_argument("--timeout", type=seconds, default=10.0, help="seconds for one answer (default: %(default)g)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was sent and came back")
    parser.add_argument("--html", type=Path, metavar="FILE", help="the same, as a page that stands alone")
    parser.set_defaults(run=run_conformance)


def run_conformance(options: argparse.Namespace) -> int:
    endpoint = _endpoint(options)
    results: list[TrialResult] = []
    say(f"{endpoint.address}: invented documents, marked as tests\n")
    for result in try_endpoint(endpoint):
        results.append(result)
        say(f"  {result.verdict.value:<15}{result.name:<20}{result.words}")
        if result.verdict is TrialVerdict.FAILED:
            say(f"  {'':<15}{'':<20}expected: {result.expects}")
    say(f"\n{summary_line(results)}")
    for path, written in ((options.json, as_json), (options.html, as_html)):
        if path is not None:
            path.write_text(written(endpoint.address, results), encoding="utf-8")
    return FAILS if any(result.verdict is TrialVerdict.FAILED for result in results) else CONFORMS


def _endpoint(options: argparse.Namespace) -> Endpoint:
    try:
        scheme, host, port, path = read_address(options.address)
        if options.profile is not None and scheme not in PROFILES[options.profile]:
            raise EndpointError(f"The profile {options.profile} goes to {' or '.join(PROFILES[options.profile])}.")
        if (options.certificate is None) != (options.key is None):
            raise EndpointError("--certificate and --key go together.")
        token = "" if options.token_file is None else options.token_file.read_text("utf-8").strip()
        endpoint = Endpoint(
            scheme=scheme,
            host=host,
            port=port,
            path=path,
            seconds=options.timeout,
            token=token,
            authorities=options.authorities,
            certificate=options.certificate,
            key=options.key,
        )
        if endpoint.is_encrypted:
            endpoint.context()
        endpoint.check_there()
    except EndpointError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        named = error.filename or "A file that was named"
        raise ConfigError(f"{named} cannot be used: {error.strerror or type(error).__name__}.") from None
    if endpoint.token and not endpoint.is_encrypted:
        complain("The token travels in clear.")
    return endpoint
