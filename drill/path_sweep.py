"""Asks both sites for a few hundred addresses that other systems leave open: each must be the same 404 as any other."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from scan_tools import Finding
from site_map import Sites

WELL_KNOWN = Path(__file__).with_name("well_known_paths.txt")
COPIES = ("~", ".bak", ".old", ".orig", ".save", ".swp", ".tmp", ".1", ".zip", ".tar.gz", ".map", ".gz", ".br")
NOWHERE = "/nowhere-7c1f/"
NOWHERE_OF_API = "/api/nowhere-7c1f"  # answers in JSON: each door has one 404
Answer = tuple[int, bytes, list[tuple[str, str]]]


def sweep(sites: Sites) -> Iterator[Finding]:
    """Yield every address that answers otherwise than one that never was."""
    files = _static_files()
    for name, site, cookies in (
        ("signed-out", sites.staff, ""),
        ("signed-in", sites.staff, sites.cookie_header),
        ("portal", sites.portal, ""),
    ):
        connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=10)
        expected = {path: _ask(connection, path, cookies) for path in (NOWHERE, NOWHERE_OF_API)}
        yield from (Finding("paths", "no-404", f"{name} {path}") for path in expected if expected[path][0] != 404)
        for path in _paths(files):
            answer = _ask(connection, path, cookies)
            if answer != expected[NOWHERE_OF_API if path.startswith("/api/") else NOWHERE]:
                yield Finding("paths", "answers", f"{name} {path}", str(answer[0]))
    yield from _unserved(sites, files)


def _paths(files: list[str]) -> Iterator[str]:
    lines = WELL_KNOWN.read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    for path in named:
        yield path
        yield f"/static{path}"
    for file in [*files, "/patients", "/tests", "/lots", "/account/sign-in", "/letter", "/healthz"]:
        yield from (f"{file}{copy}" for copy in COPIES)


def _static_files() -> list[str]:
    from django.contrib.staticfiles.storage import staticfiles_storage

    return [f"/static/{name}" for name in staticfiles_storage.hashed_files.values()]  # type: ignore[attr-defined]


def _unserved(sites: Sites, files: list[str]) -> Iterator[Finding]:
    """Yield files of the manifest that are not served: the sweep would then have proved nothing."""
    connection = http.client.HTTPConnection(urlsplit(sites.staff).netloc, timeout=10)
    for file in files:
        if (status := _ask(connection, file, "")[0]) != 200:
            yield Finding("paths", "not-served", file, str(status))


def _ask(connection: http.client.HTTPConnection, path: str, cookies: str) -> Answer:
    """Return status, body, and the headers that must not tell anything either."""
    connection.request("GET", path, headers={"Cookie": cookies} if cookies else {})
    answer = connection.getresponse()
    headers = sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() != "date")
    return answer.status, answer.read(), headers
