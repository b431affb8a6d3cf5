"""The JSON contract: keys, nulls, no numbers that are none."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from gradcheck.report.descents import Descent, LossAt
from gradcheck.report.renderers.json_format import render
from gradcheck.report.results import Report


@pytest.fixture
def made(made_report: Report) -> dict[str, list]:
    return json.loads(render(made_report), parse_constant=pytest.fail)


def test_the_contract_s_keys(made: dict[str, list]) -> None:
    document = made["documents"][0]
    assert made["schema"] == 1
    assert made["code"] == []
    assert {"path", "message"} <= set(made["errors"][0])
    assert {"path", "readings", "summary", "findings", "steps", "setups"} <= set(document)
    assert set(document["summary"]) == set(
        "steps exact convention wrong undecided unread unjudged".split()
    )
    assert set(document["findings"][0]) >= set(
        "code name class severity line column end_line end_column message suggestion "
        "follows_from expected".split()
    )
    assert set(document["steps"][0]) >= set(
        "line column statement kind relation left right verdict left_out sum_left_out setup".split()
    )
    assert {"name", "hidden", "parameters"} <= set(document["setups"][0])
    assert set(document["setups"][0]["parameters"][0]) >= set(
        "name source_name line claim derived verdict left_out sum_left_out document_error "
        "numeric_error numeric_bound backprop_error".split()
    )


def test_summary_adds_up(made: dict[str, list]) -> None:
    summary = dict(made["documents"][0]["summary"])
    assert summary.pop("steps") == sum(summary.values()) == 3
    assert summary["unjudged"] == 1


def test_a_row(made: dict[str, list]) -> None:
    rows = made["documents"][0]["setups"][0]["parameters"]
    first = rows[0]
    assert (first["name"], first["source_name"], first["line"]) == ("w_1", "W_1", 3)
    assert (first["verdict"], first["left_out"], first["sum_left_out"]) == (
        "convention",
        "2/N",
        True,
    )
    assert first["document_error"] == 3e-16
    assert [row["verdict"] for row in rows] == ["convention", "wrong", "unread", "undecided"]


def test_numbers_that_are_none_are_null(made: dict[str, list]) -> None:
    last = made["documents"][0]["setups"][0]["parameters"][3]
    assert last["numeric_error"] is None
    assert last["numeric_bound"] is None


def test_places_and_expected_findings(made: dict[str, list]) -> None:
    finding = made["documents"][0]["findings"][0]
    assert (finding["code"], finding["class"], finding["expected"]) == ("GC101", "calculus", True)
    assert finding["line"] == finding["end_line"] == 5
    assert finding["end_column"] - finding["column"] == len(r"(\hat{y} - y) w_2 a_1 (1-a_1) x")


def test_a_parameter_that_is_not_claimed(made_report: Report) -> None:
    document = made_report.documents[0]
    setup = document.setups[1]
    unclaimed = replace(
        setup.parameters[0], claim=None, claims=(), verdict=None, status="not claimed"
    )
    setups = (replace(setup, parameters=(unclaimed,)),)
    report = replace(made_report, documents=(replace(document, setups=setups),))
    row = json.loads(render(report))["documents"][0]["setups"][0]["parameters"][0]
    assert row["line"] is row["claim"] is row["verdict"] is row["left_out"] is None
    assert row["sum_left_out"] is False


def test_no_documents_is_still_json() -> None:
    made = json.loads(render(Report((), ())))
    assert made["documents"] == made["errors"] == []


def test_descents(made_report: Report) -> None:
    losses = (LossAt(0, 1.0, 1.0), LossAt(100, None, math.nan))
    ran = Descent("mse/identity", 100, 0.1, losses, None, 0.25, 37, "climbs", ("a note",))
    document = replace(made_report.documents[0], descents=(ran, "not run"))
    made = json.loads(render(replace(made_report, documents=(document,))))
    first, second = made["documents"][0]["descents"]
    assert first["losses"][1] == {"step": 100, "by_document": None, "by_truth": None}
    assert (first["diverged"], first["words"], first["notes"]) == (37, "climbs", ["a note"])
    assert second == {"setup": None, "words": "not run"}
