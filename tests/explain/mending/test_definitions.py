"""The root cause at a definition, and when a definition is not to blame."""

from __future__ import annotations

import pytest

from gradcheck.explain.mending import DefinitionMend, GradientClaim, mend_definition
from gradcheck.language.verdict import Constant, Verdict
from tests.explain.mending.planted import HELD, ROOT, Judged, document_of, judged, load

RIGHT = r"""
$$z_1 = w_1 x + b_1$$
$$a_1 = \sigma(z_1)$$
$$z_2 = w_2 a_1 + b_2$$
$$\hat{y} = z_2$$
$$L = \frac{1}{2} (\hat{y} - y)^2$$
$$\delta_2 = \hat{y} - y$$
$$\delta_1 = \delta_2 w_2 a_1 (1 - a_1)$$
$$\frac{\partial L}{\partial w_2} = \delta_2 a_1$$
$$\frac{\partial L}{\partial b_2} = \delta_2$$
$$\frac{\partial L}{\partial w_1} = \delta_1 x$$
$$\frac{\partial L}{\partial b_1} = \delta_1$$
"""


def root_cause(case: Judged) -> DefinitionMend | None:
    failing, passing = [], []
    for item in case.items:
        claim = item.claim
        if claim.expression is None:
            continue
        known = GradientClaim(
            case.left(claim).by.key,  # type: ignore[attr-defined]
            claim.loss or case.setup.model.loss,
            claim.expression,
            item.left_out or Constant(),
            case.written(claim),
        )
        if item.verdict is Verdict.WRONG:
            failing.append(known)
        elif item.verdict in HELD:
            passing.append(known)
    return mend_definition(case.context(), failing, passing)


def of(text: str) -> DefinitionMend | None:
    (case,) = judged(document_of(text))
    return root_cause(case)


def test_nothing_fails() -> None:
    assert of(RIGHT) is None


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ("w_2 a_1 + b_2$$", "w_2 a_1 + b_1$$", "z_2"),
        ("w_2 a_1 + b_2$$", "w_2 x + b_2$$", "z_2"),
        ("w_2 a_1 + b_2$$", "w_2 a_1 + b_2 + b_1$$", "z_2"),
        (r"\delta_2 = \hat{y} - y", r"\delta_2 = \hat{y} + y", "delta_2"),
        (r"\delta_2 = \hat{y} - y", r"\delta_2 = y - \hat{y}", "delta_2"),
        (r"\delta_2 w_2 a_1 (1 - a_1)", r"\delta_2 w_2 a_1", "delta_1"),
        (r"\delta_2 w_2 a_1 (1 - a_1)", r"\delta_2 w_1 a_1 (1 - a_1)", "delta_1"),
        (r"\delta_2 w_2 a_1 (1 - a_1)", r"\delta_2 a_1 (1 - a_1)", "delta_1"),
    ],
)
def test_a_mistake_in_a_definition(right: str, wrong: str, key: str) -> None:
    assert right in RIGHT
    found = of(RIGHT.replace(right, wrong))
    assert found is not None
    assert found.key == key
    written = RIGHT.replace(right, wrong)
    mended = written[: found.span.start] + found.replacement + written[found.span.end :]
    (case,) = judged(document_of(mended))
    assert all(item.verdict in HELD for item in case.items)


def test_a_mistake_in_the_loss() -> None:
    text = RIGHT.replace(r"\frac{1}{2} (\hat{y} - y)^2", r"\frac{1}{2} (\hat{y} + y)^2")
    text = text.replace(r"$$\delta_2 = \hat{y} - y$$", "").replace(
        r"$$\delta_1 = \delta_2 w_2 a_1 (1 - a_1)$$", ""
    )
    text = text.replace(r"\delta_1", r"\delta_2 w_2 a_1 (1 - a_1)")
    found = of(text.replace(r"\delta_2", r"(\hat{y} - y)"))
    assert found is not None
    assert found.key == "L"
    assert found.mended == (0, 1, 2, 3)


def test_source_002() -> None:
    (case,) = judged(load(ROOT / "derivations" / "source-002.md"))
    found = root_cause(case)
    assert found is not None
    assert found.key == "y(pred)"
    assert case.document.source(found.span).replace(" ", "") == "W2*a1+b1"
    assert found.replacement.replace(" ", "") == "W2*a1+b2"
    assert found.rule.name == "other-bias"
    assert len(found.mended) == 2


def test_a_claim_that_can_be_mended_by_itself_is_not_put_down_to_a_definition() -> None:
    text = RIGHT.replace(r"b_1} = \delta_1", r"b_1} = \delta_1 x")
    assert of(text) is None


def test_the_same_slip_in_two_claims_is_not_put_down_to_the_network() -> None:
    text = RIGHT.replace(r"\delta_1 x", r"\delta_2 w_2 (1 - a_1^2) x")
    text = text.replace(r"b_1} = \delta_1", r"b_1} = \delta_2 w_2 (1 - a_1^2)")
    assert of(text) is None


def test_signs_all_wrong_are_not_put_down_to_a_network_upside_down() -> None:
    text = RIGHT
    for old, new in (
        (r"w_2} = \delta_2 a_1", r"w_2} = (y - \hat{y}) a_1"),
        (r"b_2} = \delta_2", r"b_2} = y - \hat{y}"),
        (r"w_1} = \delta_1 x", r"w_1} = -\delta_1 x"),
        (r"b_1} = \delta_1", r"b_1} = -\delta_1"),
    ):
        text = text.replace(old, new)
    assert of(text) is None


def test_claims_that_nothing_mends() -> None:
    text = RIGHT.replace(r"\delta_1 x", r"x + 7 y").replace(r"b_1} = \delta_1", "b_1} = y^3 + 5")
    assert of(text) is None
