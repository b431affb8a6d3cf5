"""PyTorch: custom Functions and modules, and nothing of the caller's is changed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gradcheck.torch import check_function, check_module


def test_without_pytorch_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"^gradcheck.torch needs torch: pip install 'gradcheck\[torch\]'$"):  # fmt: skip
        check_function(abs, 1.0)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


@pytest.fixture
def network(torch: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Sigmoid()]
        return torch.nn.Sequential(*layers, torch.nn.Dropout(0.5), torch.nn.Linear(4, 1))


def cubes(torch: Any, factor: float) -> Any:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, k: Any) -> Any:
            ctx.save_for_backward(x)
            return x**k

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            (x,) = ctx.saved_tensors
            return factor * upstream * x**2, None

    return Cube


def test_a_custom_function(torch: Any) -> None:
    x = torch.tensor([0.5, -1.0, 2.0])
    report = check_function(cubes(torch, 3.0), x, 3)
    assert report.verdict.value == "agrees"
    assert [row.name for row in report.rows] == ["x"]
    wrong = check_function(cubes(torch, 1.5), x, 3)
    assert wrong.verdict.value == "wrong"
    assert "half the gradient" in wrong.findings[0].message


def test_a_module_has_a_row_for_each_parameter(torch: Any, network: Any) -> None:
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    with torch.no_grad():  # the caller's, and not ours
        report = check_module(network, x)
        assert not torch.is_grad_enabled()
    assert report.verdict.value == "agrees"
    expected = ["0.weight", "0.bias", "1.weight", "1.bias", "4.weight", "4.bias", "input"]
    assert [row.name for row in report.rows] == expected
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(state, torch.get_rng_state())
    assert torch.get_default_dtype() == torch.float32


def test_a_module_that_detaches_is_wrong(torch: Any) -> None:
    class Detached(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.tensor([2.0, 3.0]))

        def forward(self, x: Any) -> Any:
            return x * self.scale.detach()

    report = check_module(Detached(), torch.tensor([1.0, -2.0]))
    assert {row.name: row.verdict.value for row in report.rows} == {"scale": "wrong", "x": "agrees"}
    assert "left at 0" in report.findings[0].message


def test_what_cannot_be_checked_is_told(torch: Any) -> None:
    with pytest.raises(TypeError, match="expected a floating-point tensor"):
        check_function(torch.abs, torch.tensor([1, 2]))
    with pytest.raises(TypeError, match=r"expected a torch\.nn\.Module, got a float"):
        check_module(1.0, torch.tensor([1.0]))
    with pytest.raises(TypeError, match="the function returned bool: expected floating-point"):
        check_function(lambda x: True, torch.tensor([1.0]))


def test_outputs_may_be_nested_and_threads_are_put_back(torch: Any) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        recurrent = torch.nn.LSTM(2, 3, batch_first=True)
    threads = torch.get_num_threads()
    report = check_module(recurrent, torch.linspace(-1, 1, 12).reshape(2, 3, 2))
    assert report.verdict.value == "agrees"
    assert torch.get_num_threads() == threads
