"""The report as SARIF 2.1.0 (OASIS standard), for code scanning and editors.

Every finding is a result with its rule, place and a fingerprint that holds no line number, so that
a finding is known again after lines moved. Columns are counted in code points.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gradcheck.language.finding import RULES, Rule
from gradcheck.language.problem import InputError
from gradcheck.project.version import __version__
from gradcheck.report.renderers.annotation import Annotation, annotated
from gradcheck.report.renderers.objections import objections, remarks
from gradcheck.report.results import Report
from gradcheck.rules import EXPLANATIONS

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "gradcheckEquation/v1"
_LEVELS = {"error": "error", "warning": "warning", "note": "note"}


def render(report: Report) -> str:
    """One run with all rules, all results, and a notification for all else that failed."""
    codes = sorted(RULES)
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "gradcheck",
                        "version": __version__,
                        "rules": [_rule(RULES[code]) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(item, codes) for item in annotated(report)],
                "invocations": [
                    {
                        "executionSuccessful": not report.errors,
                        "exitCode": report.exit_status,
                        "toolExecutionNotifications": [
                            *map(_notification, report.errors),
                            *map(_notification, objections(report)),
                            *(_notification(item, "warning") for item in remarks(report)),
                        ],
                    }
                ],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    entry = EXPLANATIONS.get(rule.code)
    text = f"{entry.meaning} What to do: {entry.remedy}" if entry else rule.summary
    parts = [text]
    if entry and entry.bad:
        parts += ["Bad:", f"```markdown\n{entry.bad.strip()}\n```"]
    if entry and entry.good:
        parts += ["Good:", f"```markdown\n{entry.good.strip()}\n```"]
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": "\n\n".join(parts)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.kind]},
    }


def _result(item: Annotation, codes: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": item.rule.code,
        "ruleIndex": codes.index(item.rule.code),
        "level": _LEVELS[item.severity],
        "message": {"text": item.text if item.cell is None else f"{item.place}: {item.text}"},
        "locations": [_location(item.path, item)],
        "partialFingerprints": {FINGERPRINT: item.fingerprint},
    }
    if item.mark:
        kind = "external" if item.mark == "known" else "inSource"
        result["suppressions"] = [{"kind": kind, "justification": item.mark}]
    return result


def _location(path: str, item: Annotation | InputError) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(path)}}
    if isinstance(item, Annotation) and item.cell is not None:
        names = [{"name": f"cell {item.cell}", "kind": "module"}]
        return {"physicalLocation": physical, "logicalLocations": names}
    if item.line is not None:
        region: dict[str, Any] = {"startLine": item.line}
        if item.column is not None:
            region["startColumn"] = item.column
        if isinstance(item, Annotation):
            region |= {"endLine": item.end_line, "endColumn": item.end_column}
        physical["region"] = region
    return {"physicalLocation": physical}


def _notification(error: InputError, level: str = "error") -> dict[str, Any]:
    return {
        "level": level,
        "message": {"text": f"{error.path}: {error.message}"},
        "locations": [_location(error.path, error)],
    }


def uri(path: str) -> str:
    """A path as a relative URI reference, percent-encoded; absolute ones are made relative to
    the working folder where they lie in it."""
    place = Path(path)
    if place.is_absolute():
        try:
            place = place.relative_to(Path.cwd())
        except ValueError:
            return place.as_uri()
    return quote(os.fsencode(place.as_posix()))  # a name may be no text
