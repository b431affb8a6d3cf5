"""Check what PyTorch's autograd returns: custom Functions, modules, any function of tensors.

The gradient that ``backward`` gives is compared with differences of the forward pass, in float64,
under a random upstream gradient. Nothing of the caller's is changed: tensors and modules are
copied, gradients are not accumulated, the state of the random generators is put back after every
call (so that dropout draws the same mask in all of them).
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradcheck.code.case import BackwardCase
from gradcheck.code.peers import peer
from gradcheck.code.result import GradientReport

__all__ = ["check_function", "check_module", "function_case", "module_case"]


SMALL = 100_000
"""Entries of parameters and inputs up to which one thread is faster than several."""


def check_function(function: Any, *inputs: Any, **options: Any) -> GradientReport:
    """Check the gradient of a function of tensors by every floating-point input.

    ``function`` is a ``torch.autograd.Function`` or anything that takes the inputs and returns a
    tensor or a tuple of them. Inputs that are no floating-point tensors are passed on as they are.
    A gradient of None counts as 0, as it does in PyTorch. ``options`` are those of
    `gradcheck.check_backward`.
    """
    return function_case(function, *inputs).check(**{"target": _name(function), **options})


def function_case(function: Any, *inputs: Any) -> BackwardCase:
    """The same as a case, for ``gradcheck verify FILE.py:NAME``."""
    torch = peer("torch", "torch")
    apply = getattr(function, "apply", function) if inspect.isclass(function) else function
    if not callable(apply):
        raise TypeError(f"expected a function of tensors, got a {type(function).__name__}")
    names = _names(getattr(function, "forward", function), len(inputs), inspect.isclass(function))
    named = dict(zip(names, inputs, strict=True))
    floating = {n: value for n, value in named.items() if _is_floating(torch, value)}
    if not floating:
        raise TypeError("there is nothing to differentiate: expected a floating-point tensor")

    def run(tensors: Mapping[str, Any]) -> Any:
        return apply(*({**named, **tensors}[name] for name in names))

    return _case(torch, run, floating)


def check_module(module: Any, *inputs: Any, **options: Any) -> GradientReport:
    """Check a module's gradient by every parameter, a row each, and every floating-point input.

    The module is copied to float64; its mode (train or eval) stays. ``options`` are those of
    `gradcheck.check_backward`.
    """
    return module_case(module, *inputs).check(**{"target": type(module).__name__, **options})


def module_case(module: Any, *inputs: Any) -> BackwardCase:
    """The same as a case, for ``gradcheck verify FILE.py:NAME``."""
    torch = peer("torch", "torch")
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"expected a torch.nn.Module, got a {type(module).__name__}")
    own = copy.deepcopy(module).double()
    buffers = {name: value.detach().clone() for name, value in own.named_buffers()}
    parameters = dict(own.named_parameters())
    given = dict(zip(_names(module.forward, len(inputs), False), inputs, strict=True))
    named = {(n if n not in parameters else f"input {n}"): v for n, v in given.items()}
    floating = {n: value for n, value in named.items() if _is_floating(torch, value)}

    def run(tensors: Mapping[str, Any]) -> Any:
        # Fresh buffers each time: running statistics must not move between two calls.
        state = {name: value.clone() for name, value in buffers.items()}
        state |= {name: tensors[name] for name in parameters}
        arguments = tuple({**named, **tensors}[name] for name in named)
        return torch.func.functional_call(own, state, arguments)

    return _case(torch, run, {**parameters, **floating})


def _case(
    torch: Any, run: Callable[[Mapping[str, Any]], Any], floating: Mapping[str, Any]
) -> BackwardCase:
    devices = {name: tensor.device for name, tensor in floating.items()}
    small = sum(tensor.numel() for tensor in floating.values()) <= SMALL

    def tensors(arrays: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: torch.tensor(np.asarray(array), device=devices[name], requires_grad=True)
            for name, array in arrays.items()
        }

    def forward(**arrays: Any) -> Any:
        with _undisturbed(torch, small), torch.no_grad():
            found = run(tensors(arrays))
        outputs = _flattened(found)
        shown = tuple(one.detach().cpu().numpy() for one in map(_a_tensor(torch), outputs))
        return shown if isinstance(found, (tuple, list, Mapping)) else shown[0]

    def backward(upstream: Any, **arrays: Any) -> dict[str, Any]:
        above = upstream if isinstance(upstream, tuple) else (upstream,)
        with _undisturbed(torch, small), torch.enable_grad():
            inputs = tensors(arrays)
            found = run(inputs)
            outputs = _flattened(found)
            reached = [(o, u) for o, u in zip(outputs, above, strict=True) if o.requires_grad]
            slopes = (
                torch.autograd.grad(
                    [output for output, _ in reached],
                    list(inputs.values()),
                    [torch.tensor(u, dtype=o.dtype, device=o.device) for o, u in reached],
                    allow_unused=True,
                )
                if reached
                else [None] * len(inputs)
            )
        return {
            name: np.zeros(tensor.shape) if slope is None else slope.detach().cpu().numpy()
            for (name, tensor), slope in zip(inputs.items(), slopes, strict=True)
        }

    point = {n: t.detach().cpu().double().numpy().copy() for n, t in floating.items()}
    return BackwardCase(forward, backward, point, {"cache": False})


@contextmanager
def _undisturbed(torch: Any, small: bool) -> Iterator[None]:
    """The random generators as they were, afterwards. One thread for what is ``small``: several
    wait for each other longer than they work, and add up in an order that changes."""
    threads = torch.get_num_threads()
    if small:
        torch.set_num_threads(1)
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.set_num_threads(threads)


def _flattened(found: Any) -> tuple[Any, ...]:
    """The tensors of an output that may be nested, as that of a recurrent module is."""
    if isinstance(found, Mapping):
        found = tuple(found.values())
    if not isinstance(found, (tuple, list)):
        return (found,)
    return tuple(tensor for part in found for tensor in _flattened(part))


def _a_tensor(torch: Any) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if not torch.is_tensor(value) or not value.is_floating_point():
            got = f"a {value.dtype} tensor" if torch.is_tensor(value) else type(value).__name__
            raise TypeError(f"the function returned {got}: expected floating-point tensors")
        return value

    return checked


def _is_floating(torch: Any, value: Any) -> bool:
    return bool(torch.is_tensor(value) and value.is_floating_point())


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _names(function: Any, count: int, skip_first: bool) -> list[str]:
    """The names of the first arguments; those of a custom Function without its context."""
    try:
        signature = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        signature = []
    plain = [p.name for p in signature if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if skip_first and plain[:1] == ["ctx"]:
        plain = plain[1:]
    return plain[:count] if len(plain) >= count else [f"input {k}" for k in range(count)]
