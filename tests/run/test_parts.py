"""A part that fails costs that part: the verdicts are kept, and the failure is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.explain.mends import Mends
from gradcheck.judge.setup_evidence import Evidence
from gradcheck.language.document import Span
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import DocumentResult, Report
from gradcheck.run.budget import OverBudget
from gradcheck.run.parts import attempt, omitted, separately

WRONG = r"""
$$z = w x, \quad \hat{y} = z + b$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial b} = \hat{y} - y$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x^2 = (\hat{y} - y) x - q$$

$$b \leftarrow b - \alpha (\hat{y} - y)$$
"""
NETWORK = r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$
"""
AMBIGUOUS = r"""
$$z = w x + b, \quad p = \sigma(z)$$

$$L = \frac{1}{2} (p - y)^2$$

$$L = -y \ln p - (1 - y) \ln(1 - p)$$

$$\frac{\partial L}{\partial b} = p - y$$
"""


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADCHECK_DEBUG", raising=False)


def checked(text: str, folder: Path, descent: bool = False) -> Report:
    file = folder / "document.md"
    file.write_text(text, encoding="utf-8")
    return verify([file], descent=descent)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> DocumentResult:
    """The document with nothing broken."""
    (document,) = checked(WRONG, tmp_path_factory.mktemp("usual")).documents
    assert failures(document) == []
    return document


def verdicts(document: DocumentResult) -> list[object]:
    rows = [(row.role, row.verdict) for setup in document.setups for row in setup.parameters]
    return [*rows, *((step.line, step.verdict) for step in document.steps)]


def failures(document: DocumentResult) -> list[str]:
    return [f.message for f in document.findings if f.rule.code == "GC191"]


PARTS = (
    "gradcheck.explain.mends.mend_side",
    "gradcheck.explain.mends.mend_left",
    "gradcheck.explain.mends.mend_definition",
    "gradcheck.explain.mends.counterexample",
    "gradcheck.explain.mends.MendContext.of",
    "gradcheck.explain.rows.diagnose",
    "gradcheck.explain.setup_findings.exchanged",
    "gradcheck.explain.setup_findings._wrong",
    "gradcheck.explain.setup_findings._undecided",
    "gradcheck.explain.setup_findings._unread",
    "gradcheck.explain.setup_findings._left_out",
    "gradcheck.explain.setup_findings._left_out_between",
    "gradcheck.explain.setup_findings._not_in_forward",
    "gradcheck.explain.setup_findings._contradictions",
    "gradcheck.explain.rows.derived_instead",
    "gradcheck.explain.rows.diagnosis_of",
    "gradcheck.explain.rows._with_errors",
    "gradcheck.judge.setup_evidence.network_scale",
    "gradcheck.explain.hygiene.undefined_names",
    "gradcheck.explain.hygiene.two_meanings",
    "gradcheck.explain.hygiene.mistaken_functions",
    "gradcheck.explain.hygiene.bounds",
    "gradcheck.explain.hygiene.extents",
    "gradcheck.explain.hygiene.misfits",
    "gradcheck.explain.hygiene.changed_constants",
    "gradcheck.verification.explain",
    "gradcheck.verification.explain_lost",
    "gradcheck.verification.hygiene_findings",
    "gradcheck.verification.update_findings",
    "gradcheck.verification.arithmetic_findings",
    "gradcheck.verification.other_readings",
    "gradcheck.verification.with_substituted",
    "gradcheck.explain.descent.descents",
)
"""What gives no verdict."""


def breaks(kind: type[BaseException]):
    def broken(*_: object, **__: object) -> object:
        raise kind

    return broken


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_breaks_leaves_the_verdicts(
    usual: DocumentResult, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, breaks(KeyError))
    report = checked(WRONG, tmp_path, descent=part.endswith("descents"))
    (document,) = report.documents
    assert report.errors == ()
    assert verdicts(document) == verdicts(usual)
    assert failures(document) != []
    assert all("gradcheck itself failed here (KeyError)" in said for said in failures(document))


def test_backprop_code_that_breaks_leaves_the_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (usual,) = checked(NETWORK, tmp_path).documents
    assert usual.setups[0].backprop == "compared"
    monkeypatch.setattr("gradcheck.judge.numbers.run_backprop", breaks(IndexError))
    (document,) = checked(NETWORK, tmp_path).documents
    assert verdicts(document) == verdicts(usual)
    assert document.setups[0].backprop == "not run: it failed"
    assert len(failures(document)) == 1


@pytest.mark.parametrize("kind", [RecursionError, MemoryError, TypeError, AssertionError])
def test_whatever_breaks_it(
    usual: DocumentResult, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcheck.explain.mends.mend_side", breaks(kind))
    (document,) = checked(WRONG, tmp_path).documents
    assert verdicts(document) == verdicts(usual)
    assert len(failures(document)) == 1
    assert f"({kind.__name__})" in failures(document)[0]
    assert any(f.counterexample for f in document.findings)


def test_another_reading_that_breaks_leaves_the_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (usual,) = checked(AMBIGUOUS, tmp_path).documents
    assert any(row.otherwise for setup in usual.setups for row in setup.parameters)
    monkeypatch.setattr("gradcheck.explain.otherwise._changed", breaks(IndexError))
    (document,) = checked(AMBIGUOUS, tmp_path).documents
    assert verdicts(document) == verdicts(usual)
    assert len(failures(document)) == 1


def test_a_verdict_that_breaks_is_undecided_and_the_others_stay(
    usual: DocumentResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = Evidence._judged

    def broken(self: Evidence, claim):
        if claim.parameter == "b":
            raise ZeroDivisionError
        return judged(self, claim)

    monkeypatch.setattr(Evidence, "_judged", broken)
    (document,) = checked(WRONG, tmp_path).documents
    pairs = zip(verdicts(usual), verdicts(document), strict=True)
    assert [new for old, new in pairs if old != new] == [("b", Verdict.UNDECIDED)]
    assert len(failures(document)) == 1
    told = [f.message for f in document.findings if f.rule.code == "GC005"]
    assert any("gradcheck itself failed here (ZeroDivisionError)" in said for said in told)


@pytest.mark.parametrize(
    "part",
    ["gradcheck.judge.numbers.compute", "gradcheck.judge.setup_evidence.compare_constants"],
)
def test_without_its_evidence_nothing_is_exact(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, breaks(ArithmeticError))
    (document,) = checked(WRONG, tmp_path).documents
    rows = [row for setup in document.setups for row in setup.parameters if row.claim]
    assert rows
    assert {row.verdict.value for row in rows} <= {"undecided", "wrong"}
    assert "undecided" in {row.verdict.value for row in rows}
    assert failures(document) != []


def test_steps_that_break_are_undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.judge.step_verdicts.StepJudge._step", breaks(RecursionError))
    (document,) = checked(WRONG, tmp_path).documents
    assert {step.verdict.value for step in document.steps if step.verdict} == {"undecided"}
    assert len(failures(document)) == 1
    assert "; also line" in failures(document)[0]


def test_a_chain_whose_constants_break_holds_nowhere(
    usual: DocumentResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcheck.judge.step_verdicts._put_back", breaks(RecursionError))
    (document,) = checked(WRONG, tmp_path).documents
    for before, after in zip(usual.steps, document.steps, strict=True):
        kept = before.verdict is None or before.verdict.value in ("wrong", "unread")
        assert after.verdict == before.verdict if kept else after.verdict.value == "undecided"


def test_a_formula_that_breaks_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradcheck.read import reader

    parse = reader.parse_side

    def broken(tokens, *others):
        if any(token.value == "q" for token in tokens):
            raise ValueError
        return parse(tokens, *others)

    monkeypatch.setattr(reader, "parse_side", broken)
    (document,) = checked(WRONG, tmp_path).documents
    found = {row.role: row.verdict for setup in document.setups for row in setup.parameters}
    assert found == {"w_1": None, "b": Verdict.EXACT}
    assert len(failures(document)) == 1


def test_debugging_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADCHECK_DEBUG", "1")
    monkeypatch.setattr("gradcheck.explain.mends.mend_side", breaks(KeyError))
    with pytest.raises(KeyError):
        checked(WRONG, tmp_path)


def test_what_is_over_the_budget_is_left_out_and_no_fault(
    usual: DocumentResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(*_: object, **__: object) -> object:
        raise OverBudget(10.0)

    monkeypatch.setattr("gradcheck.explain.mends.mend_side", over)
    (document,) = checked(WRONG, tmp_path).documents
    assert verdicts(document) == verdicts(usual)
    assert failures(document) == []
    (told,) = [f.message for f in document.findings if f.rule.code == "GC009"]
    assert told.startswith("left out: a suggestion: over the budget of 10 s")


def test_a_verdict_over_the_budget_is_undecided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(*_: object, **__: object) -> object:
        raise OverBudget(10.0)

    monkeypatch.setattr(Evidence, "_judged", over)
    (document,) = checked(WRONG, tmp_path).documents
    rows = [row for setup in document.setups for row in setup.parameters if row.claim]
    assert {row.verdict.value for row in rows} == {"undecided"}
    assert any("over the budget of 10 s" in f.message for f in document.findings)


def test_outside_of_a_document_nothing_is_caught() -> None:
    with pytest.raises(KeyError):
        attempt("a part", breaks(KeyError), str)


def test_a_part_is_about_the_place_of_the_one_it_belongs_to() -> None:
    inner = omitted("inner")(breaks(KeyError))
    with separately() as failed:
        assert attempt("outer", inner, str, Span(3, 4)) is None
        assert inner() is None
    assert [(failure.part, failure.span) for failure in failed] == [
        ("inner", Span(3, 4)),
        ("inner", Span(-1, -1)),
    ]


def test_stopping_is_no_failure() -> None:
    with separately() as failed, pytest.raises(KeyboardInterrupt):
        attempt("a part", breaks(KeyboardInterrupt), str)
    assert failed == []


def test_every_suggestion_may_be_left_out() -> None:
    guarded = [name for name in vars(Mends) if hasattr(vars(Mends)[name], "__wrapped__")]
    assert {"of_step", "of_claim", "of_left", "of_slip", "of_unread", "example"} <= set(guarded)


@pytest.mark.parametrize("part", ["settle", "derive"])
def test_what_was_read_is_kept_where_it_is_not_understood(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"gradcheck.verification.{part}", breaks(KeyError))
    report = checked(WRONG + "\n$$\\int q = 2$$\n", tmp_path)
    (document,) = report.documents
    assert report.errors == ()
    assert report.exit_status == 1
    assert (document.setups, document.steps) == ((), ())
    assert len(failures(document)) == 1
    assert any(finding.rule.code == "GC001" for finding in document.findings)


@pytest.mark.parametrize("part", ["parse_directives", "apply"])
def test_directives_that_break_hide_nothing(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = WRONG + "\n<!-- gradcheck: ignore[GC1] known -->\n"
    monkeypatch.setattr(f"gradcheck.verification.{part}", breaks(RecursionError))
    (document,) = checked(text, tmp_path).documents
    assert any(f.rule.code.startswith("GC1") and not f.expected for f in document.findings)
    assert len(failures(document)) == 1


def test_a_survey_that_breaks_names_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradcheck.read import reader

    survey = reader.survey

    def broken(drafts):
        if any(token.value == "q" for draft in drafts for side in draft.sides for token in side):
            raise ValueError
        return survey(drafts)

    monkeypatch.setattr(reader, "survey", broken)
    text = "$$r = 1$$\n\nText.\n\n$$q = 2$$\n"
    report = checked(text, tmp_path)
    (error,) = report.errors
    assert (report.documents, error.line) == ((), 5)
    assert error.message.startswith("the survey of the names: gradcheck itself failed here (Value")
    assert report.exit_status == 2


def test_a_formula_whose_tokens_break_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gradcheck.read import reader

    tokens_of = reader.tokens_of

    def broken(text, block):
        if "v" in text[block.content.start : block.content.end]:
            raise IndexError
        return tokens_of(text, block)

    monkeypatch.setattr(reader, "tokens_of", broken)
    (document,) = checked(WRONG + "\n$$v = 2$$\n", tmp_path).documents
    assert len(failures(document)) == 1
    assert any(step.verdict is Verdict.WRONG for step in document.steps)
