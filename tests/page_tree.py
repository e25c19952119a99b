"""A page as a tree: tests ask what stands where, and never how the template that wrote it is broken into lines."""

from __future__ import annotations

import re

from lxml import html


def tree(page: str) -> html.HtmlElement:
    return html.document_fromstring(page)


def said(node: html.HtmlElement) -> str:
    return re.sub("[ \t\r\n]+", " ", node.text_content()).strip(" ")


def found(page: str, selector: str) -> list[html.HtmlElement]:
    return tree(page).xpath(selector)


def texts(page: str, selector: str) -> list[str]:
    return [said(node) for node in found(page, selector)]


def summary_lines(page: str) -> list[str]:
    """The problems that the summary at the head of a refused form names."""
    return texts(page, "//*[@data-focus]//li")


def summary_targets(page: str) -> list[str]:
    return [link.removeprefix("#") for link in found(page, "//*[@data-focus]//li/a/@href")]
