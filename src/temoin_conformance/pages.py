"""What a trial found, for a person and for a program: one HTML page that stands alone, and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from html import escape

from temoin_conformance.cases import TrialExchange, TrialResult, TrialVerdict

STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "pre{background:#f3f3f3;padding:.7rem;overflow:auto;max-height:30rem}.failed{color:#a40000}"
    "table{border-collapse:collapse}td,th{border:1px solid #888;padding:.3rem .6rem;text-align:left}"
)


def summary_line(results: Sequence[TrialResult]) -> str:
    counts = Counter(result.verdict for result in results)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in TrialVerdict)


def as_json(address: str, results: Sequence[TrialResult]) -> str:
    told = {"endpoint": address, "summary": summary_line(results), "cases": [asdict(result) for result in results]}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def as_html(address: str, results: Sequence[TrialResult]) -> str:
    rows = "".join(_row(number, result) for number, result in enumerate(results))
    parts = "".join(part for number, result in enumerate(results) for part in _part(number, result))
    title = f"Conformance of {escape(address)}"
    heads = "<tr><th>Case</th><th>Result</th><th>Seen</th></tr>"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n<style>{STYLE}</style>'
        f"</head>\n<body><main><h1>{title}</h1>\n<p>{escape(summary_line(results))}. Each document sent is invented "
        f"and marked as a test.</p>\n<table><thead>{heads}</thead><tbody>{rows}"
        f"</tbody></table>\n{parts}</main></body></html>\n"
    )


def _row(number: int, result: TrialResult) -> str:
    cells = (f'<a href="#case-{number}">{escape(result.name)}</a>', _verdict(result), escape(result.words))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _part(number: int, result: TrialResult) -> Iterator[str]:
    yield f'<h2 id="case-{number}">{escape(result.name)}: {_verdict(result)}</h2>\n'
    yield f"<p>Sent: {escape(result.sends)}<br>Expected: {escape(result.expects)}<br>Seen: {escape(result.words)}</p>\n"
    for exchange in result.exchanges:
        yield from _exchange(exchange)


def _exchange(exchange: TrialExchange) -> Iterator[str]:
    yield f"<details><summary>{escape(exchange.sent.partition(chr(10))[0][:100])}</summary><h3>Sent</h3>"
    yield f"<pre>{escape(exchange.sent)}</pre><h3>Came back</h3><pre>{escape(exchange.came)}</pre></details>\n"


def _verdict(result: TrialResult) -> str:
    word = escape(result.verdict.value)
    return f'<strong class="failed">{word}</strong>' if result.verdict is TrialVerdict.FAILED else word
