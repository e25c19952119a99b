"""Words, numbers and drawings for the templates."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from uuid import UUID

import segno
from django import template
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BoundField
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.lib.countries import country_abroad
from temoin.lib.phones import phone_as_said
from temoin.lib.training import is_training
from temoin.patients.traits import masked_nir
from temoin.signin.sessions import PHARMACY
from temoin.web.fields import Field, Option
from temoin.web.settings import WEB
from temoin.web.told import Told

register = template.Library()


class Language(NamedTuple):
    """A language, named as those who speak it name it."""

    code: str
    name: str


FRENCH, ENGLISH = Language("fr", "Français"), Language("en", "English")


@register.simple_tag(takes_context=True)
def current(context: Context, name: str) -> str:
    """Mark the entry of the menu that leads to the page shown."""
    match = getattr(context.get("request"), "resolver_match", None)
    return format_html('aria-current="{}"', "page") if match is not None and match.url_name == name else ""


@register.simple_tag
def is_demo() -> bool:
    return WEB().site.demo


@register.simple_tag(takes_context=True)
def in_training(context: Context) -> bool:
    """Tell whether the page is of a session at a training counter: every page of it says so."""
    seat, request = context.get("seat"), context.get("request")
    if seat:
        return is_training(seat.pharmacy_id)
    session = getattr(request, "session", None)
    place = session.get(PHARMACY) if session is not None else None
    return place is not None and is_training(UUID(place))


@register.filter
def words(value: Any) -> str:
    """Return the words of a kind, a kit, a specimen or an outcome in the language of the page."""
    return str(value.label(get_language() or "fr"))


@register.filter
def masked(nir: str) -> str:
    return masked_nir(nir)


@register.filter
def phone_end(number: str) -> str:
    """Return the end of a telephone's number, by which people of one name are told apart."""
    return f"… {number[-4:-2]} {number[-2:]}"


@register.filter
def abroad(country: str) -> str:
    """Return the country that ends an address; "" for France."""
    return country_abroad(country, get_language() or "fr")


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
def option_flags(field: Field, option: Option) -> SafeString:
    flags = (("checked", option.is_chosen), ("required", field.required), ("autofocus", option.takes_focus))
    return mark_safe("".join(f" {flag}" for flag, wanted in flags if wanted))  # noqa: S308 names of ours


@register.filter
def banner_role(tone: str) -> str:
    """Return whether a screen reader interrupts itself for a banner."""
    return "alert" if tone == "error" else "status"


@register.simple_tag(takes_context=True)
def title_prefix(context: Context) -> str:
    """Return what the title of a page begins with when a form was refused: a screen reader says it first."""
    form = context.get("form")
    is_refused = context.get("problems") or (form is not None and form.errors)
    return f"{_('Error:')} " if is_refused else ""


@register.simple_tag
def other_language() -> Language:
    """Return the language that a page may be read in instead."""
    return ENGLISH if get_language() == "fr" else FRENCH


@register.simple_tag
def has_provider() -> bool:
    """Tell whether the site has an identity provider to offer."""
    return WEB().provider is not None


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
