"""Words, numbers and drawings for the templates."""

from __future__ import annotations

import json
from typing import Any

import segno
from django import template
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kinds import Kind
from temoin.catalogue.outcomes import Outcome, outcome
from temoin.lib.phones import phone_as_said
from temoin.patients.traits import masked_nir
from temoin.testing.report import Finding
from temoin.web.fields import Field
from temoin.web.told import Told

register = template.Library()


@register.simple_tag
def is_demo() -> bool:
    """Tell whether this site is a demonstration."""
    return bool(settings.TEMOIN.site.demo)


@register.filter
def words(value: Any) -> str:
    """Return the words of a kind, a kit, a specimen or an outcome in the language of the page."""
    return str(value.label(get_language() or "fr"))


@register.filter
def outcome_read(finding: Finding) -> Outcome:
    """Return the outcome read for a target, which knows its words and what it means."""
    return outcome(finding.outcome)


@register.filter
def outcome_words(finding: Finding) -> str:
    """Return what was read for a target, in the language of the page."""
    return words(outcome(finding.outcome))


@register.filter
def target_words(finding: Finding, kind: Kind) -> str:
    """Return what was looked for, in the language of the page."""
    return words(kind.target(finding.target))


@register.filter
def masked(nir: str) -> str:
    """Return a NIR as lists show it."""
    return masked_nir(nir)


@register.filter
def telephone(number: str) -> str:
    """Return a telephone number as it is said in its country."""
    return phone_as_said(number)


@register.simple_tag
def qr(text: str) -> SafeString:
    """Return the QR code of a text as a drawing in the page: no file of it ever exists."""
    drawing = segno.make(text, error="m", micro=False).svg_inline(omitsize=True, border=2)
    return mark_safe(drawing)  # noqa: S308 made of squares by the library, from the text's bits


@register.simple_tag
def attributes(field: Field) -> SafeString:
    """Return the attributes of an input that its field asks for."""
    pairs = dict(field.attributes)
    if field.described_by:
        pairs["aria-describedby"] = field.described_by
    if field.problems:
        pairs["aria-invalid"] = "true"
    parts = [format_html(' {}="{}"', name, value) for name, value in pairs.items()]
    flags = [name for name, wanted in (("required", field.required), ("autofocus", field.autofocus)) if wanted]
    return mark_safe("".join([*parts, *(f" {flag}" for flag in flags)]))  # noqa: S308 each part is escaped


@register.filter
def as_field(bound: BoundField) -> Field:
    """Return a field of the sign-in library as one of ours."""
    kind = getattr(bound.field.widget, "input_type", "text")
    kept = {
        name: str(value)
        for name, value in bound.field.widget.attrs.items()
        if name in {"autocomplete", "inputmode", "maxlength"}
    }
    value = "" if kind == "password" else str(bound.value() or "")
    return Field(
        name=bound.html_name,
        label=bound.label or "",
        kind=kind,
        value=value,
        required=bound.field.required,
        attributes=kept,
        problems=[str(problem) for problem in bound.errors],
    )


@register.filter
def as_json(value: Any) -> str:
    """Return JSON for a data attribute; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag
def has_provider() -> bool:
    """Tell whether the site has an identity provider to offer."""
    return settings.TEMOIN.pro_sante_connect is not None


@register.filter
def problems_of(form: Any) -> list[Told]:
    """Return every problem of a sign-in form for the summary: its field is named, and led to where a person sees it."""
    found = [Told(message) for message in form.non_field_errors()]
    for bound in form:
        for error in bound.errors.as_data():
            found.append(_problem_of(bound, error))
    return found


def _problem_of(bound: BoundField, error: ValidationError) -> Told:
    message = str(next(iter(error.messages)))
    if bound.is_hidden:
        return Told(message)
    words = _("Fill in: %(field)s.") if error.code == "required" else _("%(field)s: %(problem)s")
    return Told(words % {"field": bound.label, "problem": message}, as_field(bound).target)
