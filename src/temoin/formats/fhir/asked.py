"""What was answered to the questions of a test: an Observation each, which the order points to (ask on order entry)."""

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import Element, coding, concept, moment, reference, resource
from temoin.formats.fhir.links import Links
from temoin.testing.report import GivenAnswer, Report

_SURVEY = coding(codes.OBSERVATION_CATEGORY, "survey", "Survey")


def answer_resources(report: Report, links: Links) -> list[Element]:
    return [
        _answer(report, answer, links, full_url) for answer, full_url in zip(report.answers, links.answers, strict=True)
    ]


def _answer(report: Report, answer: GivenAnswer, links: Links, full_url: str) -> Element:
    values = resource("Observation", full_url, "", demo=report.is_demo)
    values["status"] = "final"
    values["category"] = [concept(_SURVEY)]
    own = coding(codes.QUESTION_SYSTEM, answer.question, answer.display)
    known = [coding(codes.LOINC, answer.loinc, answer.loinc_display)] if answer.loinc else []
    values["code"] = concept(*known, own, text=answer.display)
    values["subject"] = reference(links.patient)
    values["effectiveDateTime"] = moment(report.sampled_at)
    return values | _value(answer)


def _value(answer: GivenAnswer) -> Element:
    if not answer.value_system:
        return {"valueDateTime": answer.value}
    of_table = coding(codes.ANSWER_TABLES[answer.value_system], answer.value_code)
    own = coding(codes.ANSWER_SYSTEM, answer.value, answer.value_display)
    return {"valueCodeableConcept": concept(of_table, own, text=answer.value_display)}
