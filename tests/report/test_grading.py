"""Points by a policy, shared mistakes, and the formats that classes use."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.result import GradientReport
from gradcheck.command.cli import main
from gradcheck.language.finding import RULES
from gradcheck.language.verdict import Verdict
from gradcheck.project.configuration import Points, Settings
from gradcheck.report.grading import grades, shared_mistakes
from gradcheck.report.hinting import hinted
from gradcheck.report.renderers.formats import FORMATS, renderer
from gradcheck.report.results import Report
from gradcheck.verification import verify

HEAD = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\delta_2 = \frac{\partial L}{\partial \hat{y}} = \hat{y} - y$$
"""
GRADIENTS = r"""
$$\frac{\partial L}{\partial w_2} = \delta_2 a_1$$

$$\frac{\partial L}{\partial b_2} = \delta_2$$

$$\frac{\partial L}{\partial w_1} = \delta_2 w_2 a_1 (1 - a_1) x$$

$$\frac{\partial L}{\partial b_1} = \delta_2 w_2 a_1 (1 - a_1)$$
"""
DOCUMENTS = {
    "right": HEAD + GRADIENTS,
    "sign": HEAD + GRADIENTS.replace(r"b_2} = \delta_2", r"b_2} = -\delta_2"),
    "sign too": HEAD + GRADIENTS.replace(r"b_2} = \delta_2", r"b_2} = -(\hat{y} - y)"),
    "carried": HEAD.replace("b_2$$", "b_1$$") + GRADIENTS,
    "half": HEAD + GRADIENTS.split("$$\\frac{\\partial L}{\\partial w_1}")[0],
    "garbled": HEAD + GRADIENTS.replace(r"b_2} = \delta_2", r"b_2} = \delta_2 \times"),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A class of six, and one whose file is missing."""
    folder = tmp_path_factory.mktemp("class")
    for name, text in DOCUMENTS.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    paths = [folder / f"{name}.md" for name in DOCUMENTS]
    return verify([*paths, folder / "gone.md"], settings=Settings(points=Points(total=20)))


def by_name(report: Report, points: Points) -> dict[str, float]:
    return {Path(grade.path).stem: grade.points for grade in grades(report, points)}


def test_points(report: Report) -> None:
    assert by_name(report, Points(total=20)) == {
        "right": 20,
        "sign": 15,
        "sign too": 15,
        "carried": 15,  # two of four follow from the mistyped bias: it costs one of them
        "half": 10,
        "garbled": 15,
        "gone": 0,
    }


def test_the_policy_counts(report: Report) -> None:
    strict = by_name(report, Points(total=20, follows=0.0))
    assert strict["carried"] == 10
    assert by_name(report, Points(total=20, follows=0.5))["carried"] == 12.5
    mild = by_name(report, Points(total=20, follows=1.0, undecided=1.0))
    assert (mild["carried"], mild["garbled"]) == (15, 20)


def test_a_mistake_in_a_gradient_is_not_counted_again(tmp_path: Path) -> None:
    """What follows from it has the share, all of it: the gradient with the mistake has paid."""
    first = r"$$\frac{\partial L}{\partial b_1} = \delta_2 w_2 a_1$$"
    then = r"$$\frac{\partial L}{\partial w_1} = \frac{\partial L}{\partial b_1} x = \delta_2 w_2 a_1 x$$"
    text = HEAD + GRADIENTS.split("$$\\frac{\\partial L}{\\partial w_1}")[0]
    (tmp_path / "a.md").write_text(f"{text}\n{first}\n\n{then}\n", encoding="utf-8")
    (grade,) = grades(verify(tmp_path / "a.md"), Points(total=20, follows=0.75))
    points = {gradient.role: gradient.points for gradient in grade.gradients}
    assert points == {"w_1": 3.75, "b_1": 0, "w_2": 5, "b_2": 5}


def test_what_a_person_has_to_look_at(report: Report) -> None:
    look = {Path(grade.path).stem for grade in grades(report, Points()) if grade.unsure}
    assert look == {"garbled", "gone"}


def test_a_chain_rule_alone_is_for_a_person(tmp_path: Path) -> None:
    chain = r"w_1} = \frac{\partial L}{\partial z_1} \frac{\partial z_1}{\partial w_1}"
    text = HEAD + GRADIENTS.replace(r"w_1} = \delta_2 w_2 a_1 (1 - a_1) x", chain)
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    (grade,) = grades(verify(tmp_path / "a.md"), Points(total=20, undecided=0.5))
    assert (grade.points, grade.unsure) == (17.5, True)


def test_declared_mistakes_are_worth_no_more(tmp_path: Path) -> None:
    wrong = DOCUMENTS["sign"].replace(
        "$$\\frac{\\partial L}{\\partial b_2}",
        "<!-- gradcheck: ignore[GC103] -->\n$$\\frac{\\partial L}{\\partial b_2}",
    )
    (tmp_path / "a.md").write_text(wrong, encoding="utf-8")
    assert by_name(verify(tmp_path / "a.md"), Points(total=20)) == {"a": 15}


def test_shared_mistakes(report: Report) -> None:
    first = shared_mistakes(report)[0]
    assert (first.rule.code, first.documents) == ("GC103", 2)
    assert "b_2" in first.about
    text = renderer("mistakes")(report)
    assert "2 documents: GC103 wrong-sign" in text


def test_csv_has_a_row_a_document_and_a_column_a_parameter(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(renderer("csv")(report))))
    assert [Path(row["document"]).stem for row in rows] == [*DOCUMENTS, "gone"]
    (sign,) = [row for row in rows if row["document"].endswith("sign.md")]
    assert sign["mse/identity b_2"] == "WRONG" and sign["mse/identity w_1"] == "exact"
    assert (sign["points"], sign["total"], sign["calculus"]) == ("15", "20", "1")
    carried = next(row for row in rows if row["document"].endswith("carried.md"))
    assert "follows from line 2" in carried["mse/identity b_2"]
    assert rows[-1]["problem"] == "no such file" and rows[-1]["look"] == "yes"


def test_gradescope(report: Report) -> None:
    made = json.loads(renderer("gradescope")(report))
    assert made["score"] == sum(test["score"] for test in made["tests"]) == 90
    assert {test["status"] for test in made["tests"]} == {"passed", "failed"}
    failed = [t for t in made["tests"] if "b_2" in t["name"] and "sign.md" in t["name"]]
    assert "GC" not in failed[0]["name"] and "sign" in failed[0]["output"]


@pytest.mark.parametrize("name", FORMATS)
def test_hints_hide_the_answer(report: Report, name: str) -> None:
    render = renderer(name)
    wrong = [r for r in report.documents if "sign" in r.path]
    answers = [f.suggestion for r in wrong for f in r.findings if f.suggestion]
    assert answers
    text = render(hinted(report))
    if name != "sarif":  # it lists all rules
        assert "wrong sign" not in text and "wrong-sign" not in text
        assert "for example" not in text and 'counterexample": "' not in text
    assert len(hinted(report).documents[1].findings) == len(report.documents[1].findings)


LEAKS = {
    "sign": r"b_2} = -\delta_2",
    "factor": r"b_2} = 3 \delta_2",
    "bias": None,
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("leak", LEAKS)
def test_no_field_of_a_hint_tells_the_answer(tmp_path: Path, name: str, leak: str) -> None:
    """Neither the size of an error nor the network that was expected gives it away."""
    wrong = LEAKS[leak]
    text = HEAD + GRADIENTS.replace(r"b_2} = \delta_2", wrong) if wrong else DOCUMENTS["carried"]
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    report = verify(tmp_path / "a.md")
    assert any(f.suggestion for d in report.documents for f in d.findings)
    bare = hinted(report)
    rows = [row for d in bare.documents for s in d.setups for row in s.parameters]
    assert all(row.document_error is None for row in rows if row.verdict is Verdict.WRONG)
    shown = renderer(name)(bare)
    if name == "sarif":  # with its rules come their examples
        shown = json.dumps(json.loads(shown)["runs"][0]["results"], ensure_ascii=False)
    suggestions = {f.suggestion for d in report.documents for f in d.findings} - {None}
    for suggestion in suggestions:
        if suggestion and suggestion not in text:
            assert suggestion not in shown and json.dumps(suggestion)[1:-1] not in shown
    if leak == "bias":
        assert "+ b_2" not in shown and "·σ(w_1·x + b_1) + b_2" not in shown


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"sarif", "mistakes"}))
def test_hints_about_code(name: str) -> None:
    """The parameter is named; the slope, the difference and the mistake are not."""
    row = GradientRow("w", (2,), Verdict.WRONG, 2, 2, 8.625, 1e-9, (1,), 4.5, -4.125, 1e-9)
    finding = CodeFinding(RULES["GC522"], "w: of the wrong sign", "w", (1,), "negate it")
    code = GradientReport("m.py:f", Verdict.WRONG, (row,), (finding,))
    report = Report((), (), code=(code,))
    assert "wrong sign" in renderer(name)(report) or name == "csv"
    shown = renderer(name)(hinted(report))
    assert "w" in shown and "m.py:f" in shown
    for answer in ("sign", "negate", "8.625", "-4.125", "GC522", "code-sign"):
        assert answer not in shown


def test_gradient_code_is_graded_like_a_document() -> None:
    rows = [
        GradientRow(name, (), verdict, 1, 1)
        for name, verdict in zip(
            "abcd",
            (Verdict.AGREES, Verdict.AGREES, Verdict.WRONG, Verdict.UNDECIDED),
            strict=True,
        )
    ]
    report = Report((), (), code=(GradientReport("m.py:f", Verdict.WRONG, tuple(rows)),))
    (grade,) = grades(report, Points(total=20, undecided=0.5))
    assert (grade.points, grade.total, grade.unsure) == (12.5, 20, True)
    (line,) = csv.DictReader(io.StringIO(renderer("csv")(report)))
    assert (line["document"], line["code c"]) == ("m.py:f", "WRONG")


def test_hint_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.md"
    path.write_text(DOCUMENTS["sign"], encoding="utf-8")
    assert main(["verify", "--hint", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "line 10" in shown and "GC100" in shown
    assert not any(line.strip().startswith(("try", "derived ")) for line in shown.splitlines())
