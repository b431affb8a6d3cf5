"""JAX: any function, and those with a gradient of their own."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gradcheck.jax import check_function


def test_without_jax_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"^gradcheck.jax needs jax: pip install 'gradcheck\[jax\]'$"):  # fmt: skip
        check_function(abs, 1.0)


@pytest.fixture
def jax() -> Any:
    return pytest.importorskip("jax")


def sines(jax: Any, factor: float) -> Any:
    @jax.custom_vjp
    def scaled(x: Any, p: Any) -> Any:
        return jax.numpy.sin(x) * p["a"]

    def forward(x: Any, p: Any) -> Any:
        return scaled(x, p), (x, p)

    def backward(kept: Any, upstream: Any) -> Any:
        x, p = kept
        along = jax.numpy.sum(upstream * jax.numpy.sin(x))
        return upstream * jax.numpy.cos(x) * p["a"], {"a": factor * along}

    scaled.defvjp(forward, backward)
    return scaled


def test_a_custom_vjp_in_float64(jax: Any) -> None:
    x, p = jax.numpy.arange(3.0) + 0.5, {"a": jax.numpy.float32(2.0)}
    report = check_function(sines(jax, 1.0), x, p)
    assert report.verdict.value == "agrees"
    assert [row.name for row in report.rows] == ["argument 0", "argument 1.a"]
    assert all(row.visible is not None and row.visible < 1e-8 for row in report.rows)
    assert not jax.config.jax_enable_x64
    wrong = check_function(sines(jax, -1.0), x, p)
    assert [row.verdict.value for row in wrong.rows] == ["agrees", "wrong"]
    assert "wrong sign" in wrong.findings[0].message


def test_a_custom_jvp(jax: Any) -> None:
    @jax.custom_jvp
    def square(x: Any) -> Any:
        return x**2

    square.defjvps(lambda tangent, out, x: 3 * x * tangent)
    assert check_function(square, jax.numpy.arange(3.0) + 1).verdict.value == "wrong"


def test_without_float64_it_says_what_could_be_seen(jax: Any) -> None:
    def single(x: Any) -> Any:
        return jax.numpy.float32(jax.numpy.sum(x**2))

    report = check_function(single, jax.numpy.arange(3.0) + 0.5)
    assert report.verdict.value == "agrees"
    assert any("float32" in note for note in report.notes)


def test_integers_and_compiled_functions(jax: Any) -> None:
    compiled = jax.jit(lambda x, k: jax.numpy.tanh(x) * k)
    report = check_function(compiled, jax.numpy.arange(3.0), 3)
    assert [row.name for row in report.rows] == ["argument 0"]
    assert report.verdict.value == "agrees"
    with pytest.raises(TypeError, match="expected a floating-point array"):
        check_function(compiled, 2, 3)
