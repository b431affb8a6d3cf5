"""The same input gives the same bytes, whatever order Python's sets and dicts happen to have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def outputs() -> dict[str, str]:
    return {}


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_json_is_the_same_under_every_hash_seed(
    seed: str, outputs: dict[str, str], start_gradcheck: Run
) -> None:
    completed = start_gradcheck(
        "verify",
        "derivations",
        "--format",
        "json",
        "--no-inline",
        cwd=ROOT,
        environment={"PYTHONHASHSEED": seed},
    )
    assert completed.stderr == ""
    assert completed.returncode == 1
    outputs[seed] = completed.stdout
    assert completed.stdout == outputs.setdefault("first", completed.stdout)


def test_twice_in_one_process() -> None:
    import gradcheck
    from gradcheck.report.renderers.json_format import render

    paths = [ROOT / "derivations" / name for name in ("source-003.md", "mse-tanh.md")]
    first = render(gradcheck.verify(paths))
    assert render(gradcheck.verify(paths)) == first
    # What was verified before, in the same process, changes nothing either.
    alone = gradcheck.verify(paths[:1]).documents[0]
    assert alone.setups == gradcheck.verify(paths[::-1]).documents[1].setups


def test_the_seed_changes_the_numbers_and_nothing_else() -> None:
    import gradcheck

    path = ROOT / "derivations" / "source-003.md"
    first, second = (gradcheck.verify([path], seed=seed).documents[0] for seed in (0, 5))
    for one, other in zip(first.setups, second.setups, strict=True):
        assert [row.verdict for row in one.parameters] == [row.verdict for row in other.parameters]
    assert [f.rule.code for f in first.findings] == [f.rule.code for f in second.findings]
    wrong = first.setups[0].parameters[1], second.setups[0].parameters[1]
    assert wrong[0].document_error != wrong[1].document_error
