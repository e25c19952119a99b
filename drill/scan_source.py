"""Scanners that read the source: bandit with its own rules, semgrep with ours."""

from __future__ import annotations

import json
from collections.abc import Iterator

from scan_tools import PROJECT, Finding, Toolbox, stopped

RULES = "tools/semgrep"


def bandit(tools: Toolbox) -> Iterator[Finding]:
    """Run every rule of bandit on the product, the mildest included."""
    result = tools.run("bandit", "-r", "src", "-f", "json", "-q", seconds=300, folder=PROJECT)
    if result.returncode not in {0, 1}:
        raise stopped("bandit", result)
    report = json.loads(result.stdout)
    for error in report["errors"]:
        yield Finding("bandit", "unread", error["filename"], error["reason"])
    for found in report["results"]:
        where = f"{found['filename']}:{found['line_number']}"
        yield Finding("bandit", found["test_id"], where, found["issue_text"])


def semgrep(tools: Toolbox) -> Iterator[Finding]:
    """Run the rules that write down our laws, after having seen each of them find what it should."""
    yield from _blind_rules(tools)
    words = ["scan", "--config", RULES, "--metrics", "off", "--disable-version-check", "--json", "--quiet"]
    result = tools.run("semgrep", *words, "--no-git-ignore", "src", seconds=600, folder=PROJECT)
    if result.returncode not in {0, 1} or not result.stdout:
        raise stopped("semgrep", result)
    report = json.loads(result.stdout)
    for error in report["errors"]:
        yield Finding("semgrep", "unread", str(error.get("path", "")), str(error.get("message", "")))
    for found in report["results"]:
        where = f"{found['path']}:{found['start']['line']}"
        yield Finding("semgrep", found["check_id"].rpartition(".")[2], where, found["extra"]["message"])


def _blind_rules(tools: Toolbox) -> Iterator[Finding]:
    """Yield the rules that miss a line marked `ruleid` beside them, or hit one that they should not."""
    words = ["scan", "--test", "--json", "--metrics", "off", "--disable-version-check", str(PROJECT / RULES)]
    result = tools.run("semgrep", *words, seconds=600)
    if not result.stdout:
        raise stopped("semgrep", result)
    report = json.loads(result.stdout)
    for file, content in report["results"].items():
        for rule, check in content["checks"].items():
            if not check["passed"]:
                yield Finding("semgrep", "rule-is-blind", file, rule)
    for file in report["config_missing_tests"]:
        yield Finding("semgrep", "rule-is-untried", str(file))
