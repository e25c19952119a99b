"""Scanners that ask a running demonstration: sqlmap, wapiti and schemathesis."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from scan_tools import PROJECT, Finding, Toolbox, stopped
from site_map import TOKEN, Sites

DOCUMENT = PROJECT / "drill" / "openapi" / "portal.json"
# Those that need no machine but this one: the others fetch lists, or wait for a call from outside.
WAPITI_MODULES = (
    "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,ldap,methods,permanentxss,redirect,sql,upload,xss"
)
PAGES_OF_WAPITI = 30
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def sqlmap(tools: Toolbox, sites: Sites) -> Iterator[Finding]:
    """Try every parameter of every form, query, address and JSON body; the cookies too, once."""
    for number, (what, request, options) in enumerate(_requests(sites)):
        file = tools.scratch / f"request-{number}"
        file.write_text(request, encoding="utf-8")
        yield from _inject(tools, what, file, options)


def _requests(sites: Sites) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield a name, the text of an HTTP request, and options of sqlmap."""
    cookies = {"Cookie": sites.cookie_header}
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    for (route, *_), form in sites.forms.items():
        body = urlencode(form.fields)
        if form.method == "GET":
            yield f"GET {route}", _request(sites.staff, "GET", f"{form.path}?{body}", cookies), ()
        elif set(dict(form.fields)) - {TOKEN}:
            yield f"POST {route}", _request(sites.staff, "POST", form.path, cookies | form_type, body=body), ()
    yield from _addresses(sites, cookies)
    yield "cookies", _request(sites.staff, "GET", "/", cookies), ("--level", "2", "-p", ",".join(sites.cookies))
    letter = json.dumps({"lookup": "A" * 43, "auth": "B" * 43})
    json_type = {"Content-Type": "application/json"}
    yield "POST letter", _request(sites.portal, "POST", "/letter", json_type, body=letter), ()
    sign_in = urlencode({"login": "a@b.fr", "password": "x"})
    yield "POST account_login", _request(sites.staff, "POST", "/account/sign-in/", form_type, body=sign_in), ()


def _addresses(sites: Sites, cookies: dict[str, str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield one page of each shape of address with an identifier, marked as the place to inject."""
    shapes = {IDENTIFIER.sub("*", page): page for page in sites.pages if IDENTIFIER.search(page)}
    for shape, page in shapes.items():
        marked = IDENTIFIER.sub(lambda found: f"{found[0]}*", page)
        yield f"GET {shape}", _request(sites.staff, "GET", marked, cookies), ()
    token = next(dict(form.fields)[TOKEN] for form in sites.forms.values() if TOKEN in dict(form.fields))
    form_type, body = {"Content-Type": "application/x-www-form-urlencoded"}, urlencode({TOKEN: token})
    for name, (method, path) in sites.unmet.items():
        if "{}" in path:
            request = _request(sites.staff, method, path.replace("{}", f"{uuid4()}*"), cookies | form_type, body=body)
            yield f"{method} {name}", request, ()


def _request(site: str, method: str, path: str, headers: dict[str, str], *, body: str = "") -> str:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(site).netloc}"]
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", body])


def _inject(tools: Toolbox, what: str, file: Path, options: tuple[str, ...]) -> Iterator[Finding]:
    words = ["-r", str(file), "--batch", "--flush-session", "--output-dir", str(tools.scratch), "--disable-coloring"]
    words += ["--technique", "BEU", "--dbms", "PostgreSQL", "--timeout", "10", "--retries", "1", "--skip", TOKEN]
    words += ["--drop-set-cookie", "--ignore-redirects", "--ignore-code", "*", *options]
    try:
        result = tools.run("sqlmap", *words, seconds=180)
    except subprocess.TimeoutExpired:
        yield Finding("sqlmap", "not-finished", what, "three minutes were not enough")
        return
    if "identified the following injection point" in result.stdout:
        yield Finding("sqlmap", "injection", what, result.stdout.rpartition("---\n")[0].rpartition("---\n")[2])
    elif "all tested parameters do not appear to be injectable" not in result.stdout:
        raise stopped(f"sqlmap on {what}", result)


def schemathesis(tools: Toolbox, sites: Sites) -> Iterator[Finding]:
    """Drive the API by the document that it publishes, and the patients' site by one written for this drill."""
    documents = (("portal", DOCUMENT, sites.portal), ("api", f"{sites.staff}/api/v1/openapi.json", sites.staff))
    for name, document, site in documents:
        report = tools.scratch / f"{name}.json"
        words = ["run", str(document), "--url", site, "--max-examples", "60", "--seed", "1"]
        words += ["--request-timeout", "10", "--no-color", "--report", "json", "--report-json-path", str(report)]
        result = tools.run("schemathesis", *words, seconds=300)
        content = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        if not content.get("complete") or content["errors"] or not content["test_cases"]["generated"]:
            raise stopped("schemathesis", result)
        for found in content["failures"]:
            for operation in found["operations"]:
                yield Finding("schemathesis", found["type"], f"{name} {operation}", found["title"])


def wapiti(tools: Toolbox, sites: Sites) -> Iterator[Finding]:
    """Crawl and attack the staff site signed in and signed out, and the patients' site."""
    pages = _one_of_each(sites.pages)[:PAGES_OF_WAPITI]
    yield from _attack(tools, "signed-in", sites.staff, cookies=sites.cookies, pages=pages)
    yield from _attack(tools, "signed-out", sites.staff, cookies={}, pages=["/account/sign-in/"])
    yield from _attack(tools, "portal", sites.portal, cookies={}, pages=["/"])


def _one_of_each(pages: list[str]) -> list[str]:
    return list({IDENTIFIER.sub("*", page): page for page in pages}.values())


def _attack(tools: Toolbox, name: str, site: str, *, cookies: dict[str, str], pages: list[str]) -> Iterator[Finding]:
    report, jar = tools.scratch / f"wapiti-{name}.json", tools.scratch / "cookies.json"
    held = {
        key: {"value": value, "expires": None, "secure": False, "port": None, "version": 0}
        for key, value in cookies.items()
    }
    jar.write_text(json.dumps({urlsplit(site).hostname: {"/": held}}), encoding="utf-8")
    words = ["-u", f"{site}/", "-c", str(jar), "-f", "json", "-o", str(report), "-m", WAPITI_MODULES, "-v", "0"]
    words += ["--store-session", str(tools.scratch / name), "--store-config", str(tools.scratch / "wapiti")]
    words += ["--flush-session", "--no-bugreport", "--external-endpoint", "http://127.0.0.1:1/", "--skip", TOKEN]
    words += ["--scope", "domain", "-d", "1", "--max-files-per-dir", "4", "--tasks", "2", "-t", "10"]
    words += ["--max-scan-time", "40", "--max-attack-time", "15", "-x", f"{site}/account/sign-out/"]
    words += [word for page in pages for word in ("-s", f"{site}{page}")]
    result = tools.run("wapiti", *words, seconds=600)
    if not report.exists():
        raise stopped("wapiti", result)
    content = json.loads(report.read_text(encoding="utf-8"))
    print(f"  wapiti, {name}: {content['infos']['crawled_pages_nbr']} pages and forms")
    for kind in ("vulnerabilities", "anomalies"):
        for category, hits in content[kind].items():
            for hit in hits:
                yield Finding("wapiti", category, f"{name} {hit['method']} {hit['path']}", _words(hit))


def _words(hit: dict[str, Any]) -> str:
    return f"{hit['parameter']} {hit['info']}"
