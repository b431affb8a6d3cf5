"""The constants of four gradients, compared with each other."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.judge import Evidence, Options
from gradcheck.judge.constants import compare_constants
from gradcheck.judge.verdicts import JudgedClaim
from gradcheck.language.document import Document, Span
from gradcheck.language.model import ROLES, Claim
from gradcheck.language.verdict import Constant, Verdict
from tests.understand.documents import only_setup

DOCUMENT = Document("constants.md", "")

TWO_N = Constant(Fraction(2), -1)
ONE_N = Constant(Fraction(1), -1)
HALF = Constant(Fraction(1, 2))


def judged(
    *constants: Constant | None, verdict: Verdict | None = None, roles: tuple[str, ...] = ROLES
) -> list[JudgedClaim]:
    found = []
    for k, (role, constant) in enumerate(zip(roles, constants, strict=False)):
        own = verdict or (Verdict.EXACT if constant is None else Verdict.CONVENTION)
        found.append(JudgedClaim(Claim(role, Span(k, k + 1), k, 1, None), own, constant))
    return found


def wrong(items: list[JudgedClaim]) -> list[int]:
    return [k for k, item in enumerate(compare_constants(items)) if item.verdict is Verdict.WRONG]


@pytest.mark.parametrize(
    ("constants", "expected"),
    [
        # Left out alike: a convention.
        ((TWO_N, TWO_N, TWO_N, TWO_N), []),
        ((None, None, None, None), []),
        ((TWO_N,), []),
        ((TWO_N, TWO_N), []),
        # A majority: those that leave out something else are wrong.
        ((TWO_N, TWO_N, TWO_N, ONE_N), [3]),
        ((HALF, TWO_N, TWO_N, TWO_N), [0]),
        ((TWO_N, HALF, TWO_N), [1]),
        # Some leave nothing out: they are exact, all others wrong, a majority or not.
        ((None, TWO_N, TWO_N, TWO_N), [1, 2, 3]),
        ((None, None, None, TWO_N), [3]),
        ((None, TWO_N), [1]),
        ((None, HALF, TWO_N, ONE_N), [1, 2, 3]),
        # No majority: anything left out at all is wrong.
        ((TWO_N, TWO_N, ONE_N, ONE_N), [0, 1, 2, 3]),
        ((TWO_N, ONE_N), [0, 1]),
        ((TWO_N, ONE_N, HALF), [0, 1, 2]),
        ((TWO_N, TWO_N, ONE_N, HALF), [0, 1, 2, 3]),
    ],
)
def test_who_is_wrong(constants: tuple[Constant | None, ...], expected: list[int]) -> None:
    assert wrong(judged(*constants)) == expected


def test_the_reason_says_what_is_left_out_and_what_by_the_others() -> None:
    result = compare_constants(judged(TWO_N, TWO_N, TWO_N, HALF))
    assert "1/2 is left out here, 2/N in the other gradients" in result[3].reason
    result = compare_constants(judged(None, TWO_N))
    assert "not alike in all gradients" in result[1].reason


def test_other_verdicts_have_no_say_and_stay() -> None:
    items = judged(TWO_N, TWO_N)
    for verdict in (Verdict.WRONG, Verdict.UNREAD, Verdict.UNDECIDED):
        other = judged(None, verdict=verdict, roles=("w_2",))
        assert [item.verdict for item in compare_constants(items + other)] == [
            Verdict.CONVENTION,
            Verdict.CONVENTION,
            verdict,
        ]
        assert compare_constants(other) == other
    assert compare_constants([]) == []


def test_a_parameter_has_one_vote_its_last() -> None:
    """A chain that drops 2/N on its way: an exact form, then the one that is used."""
    chain = judged(None, TWO_N, roles=("w_1", "w_1"))
    assert wrong(chain + judged(TWO_N, TWO_N, TWO_N, roles=("b_1", "w_2", "b_2"))) == []
    # The form that counts keeps it, so the others may not leave it out; nor may its own first one.
    back = judged(TWO_N, None, roles=("w_1", "w_1"))
    assert wrong(back + judged(TWO_N, TWO_N, roles=("b_1", "w_2"))) == [0, 2, 3]


constants = st.sampled_from([None, TWO_N, ONE_N, HALF])


@given(st.lists(constants, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_the_gradients_does_not_matter(
    left_out: list[Constant | None], random: object
) -> None:
    items = judged(*left_out)
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = {i.claim.parameter: i.verdict for i in compare_constants(items)}
    other = {i.claim.parameter: i.verdict for i in compare_constants(shuffled)}
    assert one == other


@given(st.lists(constants, min_size=1, max_size=4))
def test_an_exact_one_stays_exact_and_what_holds_is_alike(left_out: list[Constant | None]) -> None:
    result = compare_constants(judged(*left_out))
    held = [item for item in result if item.verdict is not Verdict.WRONG]
    assert all(
        item.verdict is Verdict.EXACT
        for item, constant in zip(result, left_out, strict=True)
        if constant is None
    )
    assert len({item.left_out for item in held}) <= 1
    if len(set(left_out)) == 1:
        assert held == result


SOFTENED = r"""$p = \sigma(z/T)$, $z = wx + b$, $L = -y \log p - (1-y) \log(1-p)$

$$\frac{\partial L}{\partial w} = (p - y)x$$

$$\frac{\partial L}{\partial b} = p - y$$
"""


def _verdicts(text: str) -> set[Verdict]:
    return {item.verdict for item in Evidence(only_setup(text), (), DOCUMENT, Options()).judged}


@pytest.mark.parametrize("letter", ["T", "n", "K"])
def test_a_temperature_is_not_left_out(letter: str) -> None:
    text = SOFTENED.replace("T", letter)
    right = text.replace("p - y)x", f"p - y)x/{letter}").replace("= p - y", f"= (p - y)/{letter}")
    assert _verdicts(text) == {Verdict.WRONG}
    assert _verdicts(right) == {Verdict.EXACT}
