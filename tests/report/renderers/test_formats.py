"""Every format says what the JSON says, and is valid by its public schema."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.result import GradientReport
from gradcheck.language.finding import RULES
from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Verdict
from gradcheck.report.hinting import hinted
from gradcheck.report.renderers.formats import FORMATS, LONG, pieces, renderer
from gradcheck.report.renderers.markdown import code, escaped
from gradcheck.report.renderers.sarif import FINGERPRINT, uri
from gradcheck.report.results import CodeComparison, ComparedGradient, Report
from gradcheck.verification import verify

TESTS = Path(__file__).parents[2]
SCHEMAS = TESTS / "schemas"
DOCUMENTS = sorted((TESTS / "findings").glob("*.md"))[::7]


@cache
def found() -> Report:
    """Right and wrong documents, one that is missing, and no directives."""
    return verify([*DOCUMENTS, "missing.md"], inline=False)


@pytest.fixture(params=["found", "made"])
def report(request: pytest.FixtureRequest, made_report: Report) -> Report:
    return found() if request.param == "found" else made_report


def findings_of(report: Report) -> list[tuple[str, str, int]]:
    """Path, code and line of all findings that are shown, from the JSON."""
    made = json.loads(renderer("json")(report))
    return sorted(
        (document["path"], finding["code"], finding["line"])
        for document in made["documents"]
        for finding in document["findings"]
        if not finding["ignored"]
    )


@cache
def sarif_validator() -> jsonschema.protocols.Validator:
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def test_json_by_its_own_schema(report: Report) -> None:
    schema = json.loads(
        resources.files("gradcheck").joinpath("schemas/report-1.json").read_text(encoding="utf-8")
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    made = json.loads(renderer("json")(report))
    jsonschema.validate(made, schema)
    made["documents"][-1]["findings"][0]["severity"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(made, schema)


def closed(schema: Any) -> Any:
    """The schema without room for keys that it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    return made | {"additionalProperties": False} if schema.get("type") == "object" else made


def test_the_schema_names_every_key(report: Report) -> None:
    """Also those of descents, of code, of comparisons with it, and of hints."""
    folder = resources.files("gradcheck").joinpath("schemas/report-1.json")
    validator = jsonschema.Draft202012Validator(closed(json.loads(folder.read_text("utf-8"))))
    row = GradientRow("w", (2,), Verdict.WRONG, 2, 2, 8.5, 1e-9, (1,), 4.5, -4.0, 1e-9)
    told = CodeFinding(RULES["GC522"], "of the wrong sign", "w", (1,), "negate it")
    code = GradientReport("m.py:f", Verdict.WRONG, (row,), (told,))
    compared = ComparedGradient("w", "w", "W", "at odds", True, 1.0, None)
    comparison = CodeComparison("m.py:f", "at odds", "mse/identity", (compared,))
    run = verify(DOCUMENTS[0], descent=True).documents[0]
    document = replace(report.documents[0], comparisons=(comparison,), descents=run.descents)
    full = replace(report, documents=(document, run), code=(code,), interrupted=True)
    for made in (full, hinted(full)):
        validator.validate(json.loads(renderer("json")(made)))


def test_sarif_by_the_published_schema_and_the_json(report: Report) -> None:
    made = json.loads(renderer("sarif")(report))
    sarif_validator().validate(made)
    (run,) = made["runs"]
    results = [
        (
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["ruleId"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in run["results"]
    ]
    assert sorted(results) == [(uri(path), code, line) for path, code, line in findings_of(report)]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert all(rule["help"]["markdown"] for rule in rules)
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == len(report.errors)


def test_fingerprints_stay_when_lines_move(tmp_path: Path) -> None:
    text = (TESTS / "findings" / "wrong-bracket-lost.md").read_text(encoding="utf-8")
    names = []
    for k, before in enumerate(("", "Some words.\n\nAnd more.\n\n")):
        path = tmp_path / f"{k}.md"
        path.write_text(before + text, encoding="utf-8")
        made = json.loads(renderer("sarif")(verify(path)))
        names.append([r["partialFingerprints"][FINGERPRINT] for r in made["runs"][0]["results"]])
    assert names[0] == names[1] != []
    assert len(set(names[0])) == len(names[0])


def test_junit_by_a_published_schema_and_the_json(report: Report) -> None:
    text = renderer("junit")(report)
    xmlschema.XMLSchema10(str(SCHEMAS / "junit-10.xsd")).validate(text)
    root = ElementTree.fromstring(text)
    made = json.loads(renderer("json")(report))
    gradients = [p for d in made["documents"] for s in d["setups"] for p in s["parameters"]]
    cases = [case for case in root.iter("testcase") if case.get("name", "").startswith("gradient ")]
    assert len(cases) == len(gradients)
    for case, parameter in zip(cases, gradients, strict=True):
        failing = parameter["verdict"] in ("wrong", "undecided", "unread")
        assert failing or case.find("failure") is None
        assert (case.find("failure") is not None or case.find("skipped") is not None) == (
            failing or parameter["verdict"] is None
        )
    assert int(root.get("errors", "")) == len(report.errors)
    assert int(root.get("failures", "")) == len(list(root.iter("failure")))
    text = "".join(root.itertext()) + " ".join(f.get("message", "") for f in root.iter("failure"))
    for path, rule, line in findings_of(report):
        severity = next(
            f["severity"]
            for d in made["documents"]
            for f in d["findings"]
            if (d["path"], f["code"], f["line"]) == (path, rule, line)
        )
        marked = any(
            f["expected"]
            for d in made["documents"]
            for f in d["findings"]
            if (d["path"], f["code"], f["line"]) == (path, rule, line)
        )
        assert severity != "error" or marked or f"line {line}" in text


def test_two_setups_of_one_name_have_columns_of_their_own(made_report: Report) -> None:
    line = next(csv.DictReader(io.StringIO(renderer("csv")(made_report))))
    assert line["mse/identity w_1"] == "up to 2/N, Σ"
    assert line["mse/identity (2) w_1"] == "exact"


def test_concise_has_a_line_a_finding(report: Report) -> None:
    failed, *lines = renderer("concise")(report).splitlines()[:-1]
    (error,) = report.errors
    assert failed == f"{error.path}: input: {error.message}"
    places = [re.match(r"(.*?):(\d+):\d+: (GC\d{3}) (error|warning|note): ", x) for x in lines]
    assert all(places)
    assert sorted((m[1], m[3], int(m[2])) for m in places if m) == findings_of(report)


def test_github_has_a_command_a_finding(report: Report) -> None:
    lines = renderer("github")(report).splitlines()[:-1]
    places = re.findall(r"^::\w+ file=([^,]*),line=(\d+).*title=(GC\d{3}) ", "\n".join(lines), re.M)
    wanted = [(path, code, line) for path, code, line in findings_of(report)]
    assert sorted((path, code, int(line)) for path, line, code in places) == wanted
    assert len(lines) == len(wanted) + len(report.errors)


def test_github_names_a_file_as_it_is_but_no_control_reaches_a_log(report: Report) -> None:
    error = InputError("a\x1b[31m\x9b1, \u202f100%:.md", "unread\x1b[0m\n::error::x")
    line = renderer("github")(replace(report, errors=(error,))).splitlines()[0]
    assert line == (
        "::error file=a\\x1b[31m\\x9b1%2C \u202f100%25%3A.md,title=input::"
        "unread\\x1b[0m%0A::error::x"
    )


def test_markdown_has_every_gradient_and_every_finding(report: Report) -> None:
    text = renderer("markdown")(report)
    made = json.loads(renderer("json")(report))
    items = re.findall(r"^- \S+ line (\d+): .* `(GC\d{3})`", text, re.MULTILINE)
    assert sorted((c, int(n)) for n, c in items) == sorted(
        (c, n) for _, c, n in findings_of(report)
    )
    rows = [line for line in text.splitlines() if line.startswith("| ") and "gradient" not in line]
    assert len(rows) == sum(len(s["parameters"]) for d in made["documents"] for s in d["setups"])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_every_report(report: Report, name: str) -> None:
    render = renderer(name)
    assert render(report) == render(report)
    assert render(replace(report, documents=(), errors=())).endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_the_pieces_make_the_whole(report: Report, name: str) -> None:
    for shown in (report, replace(report, documents=())):
        made = list(pieces(name, shown))
        assert "".join(made) == renderer(name)(shown)
        assert name not in LONG or len(made) > len(shown.documents)


def test_the_pieces_of_json_keep_what_stands_in_strings(made_report: Report) -> None:
    odd = 'a\nb\u2028c\x85d "documents": [] e'
    documents = tuple(replace(d, readings=(odd,)) for d in made_report.documents)
    made = json.loads(renderer("json")(replace(made_report, documents=documents)))
    assert [d["readings"] for d in made["documents"]] == [[odd]] * len(documents)


@pytest.mark.parametrize("text", ["`", "``a`", "a``", "<b>&amp;", "[x](y)", "a|b\nc", "# x", "@me"])
def test_nothing_in_a_document_is_markdown(text: str) -> None:
    assert "\n" not in escaped(text) and "\n" not in code(text)
    assert not re.search(r"(?<!\\)[`<\[|#]|@\w", escaped(text))
    ticks = re.match("`+", code(text))
    assert ticks and ticks[0] not in code(text)[len(ticks[0]) : -len(ticks[0])]


def test_uris_are_relative_and_encoded(tmp_path: Path) -> None:
    assert uri("notes/my derivation#1.md") == "notes/my%20derivation%231.md"
    assert uri(str(Path.cwd() / "a.md")) == "a.md"
    assert uri(str(tmp_path / "ŷ.md")).startswith("file:///")
