"""Words alone never remove a claim: one gradient, right and wrong, under many wordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.meaning.outcome import pending
from tests.meaning.wordings import SIDES, WORDINGS, name_of, page, said

PENDING = pending()


@pytest.mark.parametrize("is_right", [True, False], ids=["right", "wrong"])
@pytest.mark.parametrize("wording", WORDINGS)
def test_a_claim_is_judged_under_any_wording(
    wording: str, is_right: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if name_of(wording, is_right) in PENDING:
        request.applymarker(pytest.mark.xfail(reason="not yet understood so", strict=False))
    path = tmp_path / "page.md"
    path.write_text(page(wording, SIDES[is_right]), encoding="utf-8")
    assert said(path) == ("right" if is_right else "wrong")


def test_there_are_enough_wordings() -> None:
    assert len(set(WORDINGS)) == len(WORDINGS) >= 24
    assert all(("CLAIM" in wording) != ("SIDE" in wording) for wording in WORDINGS)
