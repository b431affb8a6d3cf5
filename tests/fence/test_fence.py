"""Whatever is said of the recorded inputs is what was said before: digests of it stand in a file.

The documents of tests/findings, samples, notations and assignments are looked at by their own
tests, which verify them anyway; here are the others, and that none is left out.
"""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest

from tests.fence.digests import ROOT, changed, check, digests, recorded
from tests.fence.inputs import corpus, derivations, descents, formats, gradient_code
from tests.fence.record import INPUTS, material_of, written

RECORDER = ROOT / "tests" / "fence" / "record.py"


class TestDerivations:
    @pytest.mark.parametrize("name", derivations() | formats())
    def test_nothing_changed(self, name: str) -> None:
        check(name, material_of(name))


class TestDescents:
    @pytest.mark.parametrize("name", descents())
    def test_nothing_changed(self, name: str) -> None:
        check(name, material_of(name))


class TestGradientCode:
    @pytest.mark.parametrize("name", gradient_code())
    def test_nothing_changed(self, name: str) -> None:
        check(name, material_of(name))


def test_every_input_is_recorded_and_nothing_else() -> None:
    assert sorted(recorded()) == sorted(INPUTS)
    assert len(corpus()) > 450
    assert written(recorded()) == (ROOT / "tests" / "fence" / "digests.json").read_text("utf-8")


def test_a_part_is_the_same_under_another_hash_seed() -> None:
    done = subprocess.run(
        [sys.executable, str(RECORDER), "--check", "--jobs", "1", "--only", "wrong-moments"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.stdout == "1 inputs, 0 changed, 0 gone\n", done.stderr
    assert done.returncode == 0


NAME = "derivations/source-003.md"


def first(part: Any, key: str) -> Any:
    """The first part within that has a value under the key."""
    found = part if isinstance(part, list) else [part, *part.values()]
    for item in found:
        if isinstance(item, dict) and item.get(key) not in (None, [], "", False):
            return item
        if isinstance(item, dict | list) and item is not part:
            inner = first(item, key)
            if inner is not None:
                return inner
    return None


@pytest.mark.parametrize("key", ["code", "line", "end_column", "suggestion", "verdict", "left_out"])
def test_a_changed_verdict_is_seen_and_is_not_one_of_words(key: str) -> None:
    before = material_of(NAME)
    after = deepcopy(before)
    first(after[0], key)[key] = "another"
    assert changed(digests(before), digests(after)) == ["verdicts"]


@pytest.mark.parametrize("key", ["message", "derived", "counterexample", "readings", "forward"])
def test_changed_words_are_seen_and_are_no_verdict(key: str) -> None:
    before = material_of(NAME)
    after = deepcopy(before)
    first(after[1], key)[key] = "another"
    assert changed(digests(before), digests(after)) == ["words"]


def test_a_number_beyond_its_bound_is_seen() -> None:
    before = material_of(NAME)
    after = deepcopy(before)
    within = after[0]["setups"][0]["parameters"][0]["within"]
    assert within["numeric_error"] is True
    within["numeric_error"] = False
    assert changed(digests(before), digests(after)) == ["verdicts"]
    assert changed(None, digests(before)) == ["new"]


def test_what_changed_is_named() -> None:
    with pytest.raises(AssertionError, match=r"source-003\.md: words changed"):
        check(NAME, (material_of(NAME)[0], "another"))
