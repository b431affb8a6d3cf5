"""Depth that comes from the document: chains of definitions, long sums, nesting. No recursion."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.deep_networks import Network
from gradcheck import verify
from gradcheck.evidence.arrays.drawing import draw
from gradcheck.evidence.arrays.dual import At
from gradcheck.language.document import Document
from gradcheck.language.expression import Name, Partial
from gradcheck.language.model import Model, in_order
from gradcheck.read import read
from gradcheck.report.results import Report
from gradcheck.understand import understand


@pytest.fixture(autouse=True)
def _debugging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that breaks raises."""
    monkeypatch.setenv("GRADCHECK_DEBUG", "1")


def report_of(text: str, folder: Path) -> Report:
    (folder / "deep.md").write_text(text, encoding="utf-8")
    return verify([folder / "deep.md"])


def verdict(text: str, folder: Path, role: str = "w_1") -> str:
    (document,) = report_of(text, folder).documents
    rows = [row for setup in document.setups for row in setup.parameters if row.claim]
    assert [row.role for row in rows] == [role]
    return rows[0].verdict.value


def chain(length: int, link: str, claim: str) -> str:
    lines = ["u_1 = w x"]
    lines += [f"u_{{{n}}} = {link.replace('@', f'u_{{{n - 1}}}')}" for n in range(2, length + 1)]
    last = f"u_{{{length}}}"
    lines += [rf"L = \frac12 ({last} - y)^2"]
    lines += [rf"\frac{{\partial L}}{{\partial w}} = ({last} - y) {claim}"]
    return "\n\n".join(f"$${line}$$" for line in lines)


@pytest.mark.parametrize("link", ["@ + b", "@", "2 + @"])
def test_long_chains_of_definitions_are_right(link: str, tmp_path: Path) -> None:
    assert verdict(chain(330, link, "x"), tmp_path) == "exact"


@pytest.mark.parametrize("link", ["@ + b", "@"])
def test_long_chains_of_definitions_are_wrong(link: str, tmp_path: Path) -> None:
    assert verdict(chain(260, link, "x^2"), tmp_path) == "wrong"


def test_long_sums(tmp_path: Path) -> None:
    terms = " + ".join("bcdgh"[n % 5] for n in range(900))
    text = rf"$$u = w x + {terms}$$" + "\n\n" + r"$$L = \frac12 (u - y)^2$$" + "\n\n"
    assert verdict(text + r"$$\frac{\partial L}{\partial w} = (u - y) x$$", tmp_path) == "exact"


def test_deep_brackets_and_long_equalities(tmp_path: Path) -> None:
    text = "$$u = " + "(" * 60 + "w x" + ")" * 60 + "$$\n\n" + r"$$L = \frac12 (u - y)^2$$" + "\n\n"
    sides = " = ".join(["(u - y) x"] * 200)
    assert verdict(text + rf"$$\frac{{\partial L}}{{\partial w}} = {sides}$$", tmp_path) == "exact"


@pytest.mark.parametrize(
    "network",
    [
        Network(8, "sigmoid", "logloss", "closed"),
        Network(8, "tanh", "mse", "deltas"),
        Network(8, "softplus", "mse", "closed"),
        Network(20, "sigmoid", "mse", "deltas"),
    ],
)
def test_right_networks_are_exact(network: Network, tmp_path: Path) -> None:
    (document,) = report_of(network.text, tmp_path).documents
    rows = [row for setup in document.setups for row in setup.parameters]
    assert len(rows) == 2 * network.layers
    assert {row.verdict.value for row in rows} == {"exact"}
    assert "GC190" not in {finding.rule.code for finding in document.findings}


@pytest.mark.parametrize("mistake", ["slope", "weight", "input", "sign"])
def test_wrong_networks_are_wrong_below_the_mistake_only(mistake: str, tmp_path: Path) -> None:
    network = Network(7, mistake=mistake, layer=4)
    (document,) = report_of(network.text, tmp_path).documents
    rows = {row.role: row.verdict.value for setup in document.setups for row in setup.parameters}
    wrong = {role for role, verdict in rows.items() if verdict == "wrong"}
    below = {f"{letter}_{layer}" for letter in "wb" for layer in range(1, 5)}
    assert wrong == (below if mistake in ("slope", "weight") else {"w_4"})
    assert set(rows.values()) == {"exact", "wrong"}


@pytest.mark.parametrize(
    "definition",
    [r"c = \frac{1}{x - x}", r"c = \sqrt{-x^2}", r"c = \frac{1}{x - x}, \quad d = c + 1"],
)
def test_a_definition_without_a_value_stops_no_search_for_mends(
    definition: str, tmp_path: Path
) -> None:
    text = rf"""
$$\hat y = w x + b$$

$${definition}$$

$$L = \frac12 (\hat y - y)^2$$

$$\frac{{\partial L}}{{\partial w}} = (\hat y - y) x^2$$
"""
    assert verdict(text, tmp_path) == "wrong"


def test_a_function_of_nothing_is_read(tmp_path: Path) -> None:
    text = r"We call $f()$ the network: $\hat y = w x$. $$L = \frac12 (\hat y - y)^2$$"
    text += "\n\n" + r"$$\frac{\partial L}{\partial w} = (\hat y - y) x$$"
    assert verdict(text, tmp_path) == "exact"


def test_what_is_needed_comes_first() -> None:
    needs = {"d": ["c", "b"], "c": ["a", "b"], "b": ["a"], "a": []}
    assert in_order("d", needs.__getitem__, ()) == ["a", "b", "c", "d"]
    assert in_order("d", needs.__getitem__, {"b"}) == ["a", "c", "d"]
    with pytest.raises(ValueError, match="computed from itself"):
        in_order("a", {"a": ["b"], "b": ["a"]}.__getitem__, ())


def model_of(text: str) -> Model:
    return understand(read(Document("", text))).setups[0].model


@pytest.mark.parametrize("loss", [r"\frac{1}{N} \sum_i (\hat{y}_i - y_i)^2", r"(\hat{y} - y)^2"])
def test_slopes_backward_are_those_of_a_graph_that_is_cut(loss: str) -> None:
    text = rf"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad z_2 = w_1 a_1 + b_2 + a_1^2$$

$$\hat{{y}} = z_2, \quad L = {loss}$$

$$\frac{{\partial L}}{{\partial w_1}} = 1, \quad \frac{{\partial L}}{{\partial b_1}} = 1$$

$$\frac{{\partial L}}{{\partial b_2}} = 1$$
"""
    model = model_of(text)
    at = At(model, draw(model, 0, 0, 3), 40)
    for by in ("w_1", "b_1", "z_1", "a_1", "b_2"):
        backward = at.slopes.of(model.loss, by)
        forward = at.by(by).dual(Name(model.loss)).slope
        assert backward is not None
        pairs = zip(
            backward if isinstance(backward, list) else [backward],
            forward if isinstance(forward, list) else [forward],
            strict=True,
        )
        assert all(abs(one - other) < 1e-35 for one, other in pairs), by
    assert at.value(Partial(Name(model.loss), Name("w_1"))) == at.slopes.of(model.loss, "w_1")


@pytest.mark.parametrize(("claim", "expected"), [("x", "exact"), ("x c", "undecided")])
def test_definitions_far_below_one_another_are_no_recursion(
    claim: str, expected: str, tmp_path: Path
) -> None:
    """c is a name of nothing: what stays open is looked at with axes too."""
    assert verdict(chain(330, "@ + b", claim), tmp_path) == expected
