"""Shapes stated in the text, and the products of the forward equations that do not fit them.

``X : input features [n × f]`` and ``W_1 X`` do not go together, whatever the shape of W_1 is: the
product would run over the samples. Nothing is said unless a shape is really stated and the product
cannot fit in the order written. A name counts only in the spelling that its shape is stated for,
for ``x`` beside ``X`` is usually one sample.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Add, Expression, Multiply, Name, Negate, Number, Transpose
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation, Model, Setup
from gradcheck.language.statement import ReadDocument

Shape = tuple[str, str]
"""Rows and columns, as the document names them."""

# Everything is bounded, so that a megabyte of letters or blanks costs no more than its length.
_NAME = r"(?P<name>(?:\\(?:mathbf|boldsymbol|bm|mathrm|hat|vec)\s{0,2}\{?\s{0,2})?\\?"
_NAME += r"[A-Za-z]{1,20}\}?(?:_\{?\w{1,9}\}?)?(?:\^\{?[\[(]\w{1,3}[\])]\}?)?)"
_DIMENSION = r"[A-Za-z0-9][A-Za-z0-9_{}]{0,14}"
_TIMES = r"\s{0,3}(?:\\times|×)\s{0,3}"
_PAIR = rf"(?P<rows>{_DIMENSION}){_TIMES}(?P<columns>{_DIMENSION})"
_REALS = r"(?:\\mathbb\s{0,2}\{?\s{0,2}R\s{0,2}\}?|\\R\b|\\Re\b|ℝ)"
_MEMBER = re.compile(
    rf"(?:\\in\b|∈)\s{{0,3}}{_REALS}\s{{0,2}}\^\s{{0,2}}[{{(]?\s{{0,2}}{_PAIR}\s{{0,2}}[}})]"
)
_BEFORE = re.compile(rf"(?:^|(?<![A-Za-z\\])){_NAME}\s{{0,3}}$")
_STATED = re.compile(
    rf"^[ \t]{{0,12}}(?:[-*+][ \t]{{1,4}})?(?:(?:Let|let|where|Where|and|with)[ \t]{{1,4}})?"
    rf"\$?{_NAME}\$?[ \t]{{0,4}}(?::|,|–|-|\bis\b|\bare\b|\bhas\b|\bof\b)"
    rf"[^$=\[\]\n]{{0,120}}\$?[ \t]{{0,4}}[\[(]\s{{0,3}}{_PAIR}\s{{0,3}}[\])]",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Product:
    """Two matrices multiplied in this order, with how the document writes them."""

    span: Span
    left: str
    right: str
    left_key: str
    right_key: str
    left_turned: bool
    right_turned: bool


def misfits(derivation: Derivation, read: ReadDocument, document: Document) -> list[Finding]:
    """Products of forward equations that cannot fit the shapes stated for their factors."""
    shapes = stated_shapes(read, document)
    if not shapes:
        return []
    found: dict[Span, Finding] = {}
    for step in derivation.steps:
        at = step.setup
        if step.kind != "definition" or step.right_written is None:
            continue
        setup = derivation.setups[at] if at is not None and at < len(derivation.setups) else None
        for product in _products(step.right_written, document):
            finding = _judged(product, shapes, setup)
            if finding is not None:
                found.setdefault(product.span, finding)
    return list(found.values())


def stated_shapes(read: ReadDocument, document: Document) -> dict[str, Shape]:
    """The shapes that the text or a formula states, by the name as it is written."""
    found: dict[str, Shape] = {}
    places = sorted([*read.prose, *(statement.span for statement in read.statements)])
    starts = [span.start for span in places]
    for at, name, shape in _statements_of_shape(document):
        k = bisect_right(starts, at) - 1
        if any(at < span.end for span in places[max(0, k - 3) : k + 1]):
            found.setdefault(_plain_name(name), shape)
    return found


def _statements_of_shape(document: Document) -> Iterator[tuple[int, str, Shape]]:
    text = document.text
    for match in _STATED.finditer(text, document.body_start):
        yield match.start("name"), match["name"], (_plain(match["rows"]), _plain(match["columns"]))
    for match in _MEMBER.finditer(text, document.body_start):
        low = max(0, match.start() - 60)
        before = _BEFORE.search(text[low : match.start()])
        if before is not None:
            shape = _plain(match["rows"]), _plain(match["columns"])
            yield low + before.start("name"), before["name"], shape


def _plain(text: str) -> str:
    return re.sub(r"[{}\s]", "", text)


def _plain_name(text: str) -> str:
    text = re.sub(r"\\(?:mathbf|boldsymbol|bm|mathrm)\b", "", text)
    text = re.sub(r"[{}\s$\\]", "", text)
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "_", text, count=1)


def _products(node: Expression, document: Document) -> list[_Product]:
    match node:
        case Add(terms=terms):
            return [product for term in terms for product in _products(term, document)]
        case Negate(operand=operand):
            return _products(operand, document)
        case Multiply(factors=factors):
            matrices = [f for f in factors if not isinstance(f, Number)]
            if len(matrices) != 2:
                return []
            sides = [_matrix(matrix, document) for matrix in matrices]
            if sides[0] is None or sides[1] is None:
                return []
            (left, left_key, left_turned), (right, right_key, right_turned) = sides[0], sides[1]
            span = matrices[0].span.cover(matrices[1].span)
            return [_Product(span, left, right, left_key, right_key, left_turned, right_turned)]
    return []


def _matrix(node: Expression, document: Document) -> tuple[str, str, bool] | None:
    """A name as it is written, its key, and whether it is transposed."""
    turned = isinstance(node, Transpose)
    inner = node.operand if isinstance(node, Transpose) else node
    if not isinstance(inner, Name):
        return None
    return document.source(inner.span).strip(), inner.key, turned


def _judged(product: _Product, shapes: Mapping[str, Shape], setup: Setup | None) -> Finding | None:
    left = _turned(shapes.get(_plain_name(product.left)), product.left_turned)
    right = _turned(shapes.get(_plain_name(product.right)), product.right_turned)
    if left is not None and right is not None:
        return _both_known(product, left, right)
    if setup is None or product.left_turned or product.right_turned:
        return None
    samples = _sample_axis(shapes, setup.model)
    weights = {p.key for p in setup.model.parameters if p.role in ("w_1", "w_2")}
    if samples is None:
        return None
    if right is not None and product.left_key in weights:
        misfit, name, shape = right[0] == samples != right[1], product.right, right
    elif left is not None and product.right_key in weights:
        misfit, name, shape = left[1] == samples != left[0], product.left, left
    else:
        return None
    return _over_the_samples(product, name, shape) if misfit else None


def _turned(shape: Shape | None, turned: bool) -> Shape | None:
    return (shape[1], shape[0]) if shape is not None and turned else shape


def _sample_axis(shapes: Mapping[str, Shape], model: Model) -> str | None:
    """What the document calls the number of samples where it states shapes."""
    for key in model.labels:
        name = model.names.get(key)
        for spelling in (key, key.upper(), key.lower(), name.key if name is not None else key):
            shape = shapes.get(_plain_name(spelling))
            if shape is not None and "1" in shape and shape != ("1", "1"):
                return shape[0] if shape[1] == "1" else shape[1]
    count = model.sample_count
    return count if count is not None and any(count in shape for shape in shapes.values()) else None


def _both_known(product: _Product, left: Shape, right: Shape) -> Finding | None:
    if left[1] == right[0] or left == ("1", "1") or right == ("1", "1"):
        return None
    written = f"{_shown(product.left, product.left_turned)} "
    written += _shown(product.right, product.right_turned)
    message = (
        f"the product {written} does not fit: {product.left} is {_words(left)} here, "
        f"{product.right} is {_words(right)}"
    )
    options = []
    if right[1] == left[0]:
        options.append(
            f"{_shown(product.right, product.right_turned)} "
            + _shown(product.left, product.left_turned)
        )
    if left[1] == right[1] and not product.right_turned:
        options.append(f"{_shown(product.left, product.left_turned)} {product.right}^T")
    if left[0] == right[0] and not product.left_turned:
        options.append(f"{product.left}^T {_shown(product.right, product.right_turned)}")
    suggestion = options[0] if len(options) == 1 else None
    return Finding(RULES["GC305"], product.span, message, suggestion)


def _over_the_samples(product: _Product, name: str, shape: Shape) -> Finding:
    message = (
        f"{product.left} {product.right} does not fit {name} {_words(shape)}: "
        f"it would sum over the samples"
    )
    return Finding(RULES["GC305"], product.span, message, f"{product.right} {product.left}")


def _shown(name: str, turned: bool) -> str:
    return f"{name}^T" if turned else name


def _words(shape: Shape) -> str:
    return f"[{shape[0]} × {shape[1]}]"
