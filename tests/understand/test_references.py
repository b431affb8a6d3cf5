"""What the names of a page refer to, and how they are shown with their axes."""

from __future__ import annotations

from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.understand.page import page_of
from gradcheck.understand.references import References


def references(text: str) -> References:
    return References(page_of(read(Document("page.md", text))))


def told(text: str, statement: int) -> dict[str, str]:
    """What the names of a statement are, with the line of their definition."""
    found = references(text)
    document = found.page.order.read.document
    chain = found.page.order.statements[statement]
    lines = {
        r.shown: "" if r.place is None else f" {document.position(r.place)[0]}"
        for r in found.of(chain)
    }
    return {r.shown: r.kind + lines[r.shown] for r in found.of(chain)}


BATCH = r"""
$$h_{nj} = \sigma(\sum_i w_{ji} x_{ni}), \qquad o_n = \sum_j v_j h_{nj}$$

$$E = \frac1N \sum_{n=1}^N (o_n - t_n)^2$$

$$\frac{\partial E}{\partial v_j} = \frac2N \sum_{n=1}^N (o_n - t_n) h_{nj}$$
"""


def test_names_are_shown_with_their_axes() -> None:
    found = references(BATCH)
    head, body = found.page.order.statements[0].sides
    assert head is not None and body is not None
    assert (found.text(head), found.text(body)) == ("h[n,j]", "σ(Σ_i w[j,i]·x[n,i])")


def test_the_samples_are_told_from_other_axes() -> None:
    samples, *others = references(BATCH).axes
    assert samples.words == "n: the samples (N of them), of h, o, t, x"
    assert [axis.words for axis in others] == ["i: of w, x", "j: of h, v, w"]


def test_a_samples_index_that_is_not_written_is_shown() -> None:
    text = (
        r"$$\hat y_i = w x_i + b$$ $$L = \sum_i (\hat y_i - y_i)^2$$"
        "\n\n" + r"$$\frac{\partial L}{\partial w} = 2 (\hat y - y) x$$"
    )
    found = references(text)
    claim = found.page.order.statements[2].sides[1]
    assert claim is not None and found.text(claim) == "2·(ŷ[i] - y[i])·x[i]"


def test_names_refer_to_definitions_parameters_and_data() -> None:
    assert told(BATCH, 3) == {
        "E": "defined 4", "v[j]": "parameter", "N": "count", "o[n]": "defined 2", "t[n]": "data",
        "h[n,j]": "defined 2",
    }  # fmt: skip


def test_a_name_refers_to_its_last_definition() -> None:
    text = (
        "$z = w_1 x$, $a = z^2$\n\n$z = w_2 a$, $L = (z - y)^2$\n\n$\\partial L/\\partial z = 2z$"
    )
    assert told(text, 0)["z"] == "defined 1"
    assert told(text, 1)["z"] == "defined 1"
    assert told(text, 3)["z"] == "defined 3"


def test_a_loss_that_nothing_defines_is_that_of_the_place() -> None:
    text = "$$L_{MSE} = (w x - y)^2$$\n\n$$\\frac{\\partial L}{\\partial w} = 2 (w x - y) x$$"
    assert told(text, 1)["L"] == "defined 1"
    assert told("$$\\frac{\\partial L}{\\partial w} = 2 x$$", 0)["L"] == "not defined"


def test_data_of_which_the_page_says_something_have_its_line() -> None:
    text = (
        r"$$p_k = \frac{e^{s_k}}{\sum_c e^{s_c}}$$ $$L = -\sum_k y_k \log p_k$$"
        "\n\n" + r"$$\sum_k y_k = 1$$"
    )
    assert told(text, 1)["y[k]"] == "data 3"
    assert told(text, 0)["e"] == "number"
