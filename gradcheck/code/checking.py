"""Check gradient code: the three calls that users write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcheck.code.layered import LayeredNetwork
from gradcheck.code.layers import layer_of
from gradcheck.code.parameters import parameters_of
from gradcheck.code.question import EVERY_ENTRY_UP_TO
from gradcheck.code.result import GradientReport
from gradcheck.code.trial import Trial, tried
from gradcheck.code.user_functions import Functions
from gradcheck.language.verdict import Verdict
from gradcheck.run.progress import Progress


def check_gradient(
    loss: Callable[[Any], Any] | None = None,
    gradient: Callable[[Any], Any] | None = None,
    parameters: Any = None,
    *,
    value_and_gradient: Callable[[Any], Any] | None = None,
    network: LayeredNetwork | None = None,
    every_entry_up_to: int | None = EVERY_ENTRY_UP_TO,
    progress: Progress = None,
    seed: int = 0,
    target: str = "gradient",
) -> GradientReport:
    """Compare a gradient with its loss, entry by entry, at ``parameters``.

    ``parameters`` is an array, or any nesting of dicts, lists and tuples of arrays;
    ``loss(parameters)`` returns a number and ``gradient(parameters)`` a structure of the
    parameters' own shape. ``value_and_gradient(parameters)`` returns both, in place of the two.
    No step size and no tolerance is asked for: what the difference may be is measured.
    ``seed`` draws the displacements by which the noise of the gradient is measured.

    ``network`` declares that the loss is a network of dense layers, which makes the check much
    faster; it may also be passed as the loss. It is compared with the loss before it is believed.
    Other losses of more than ``every_entry_up_to`` entries (None: of any number) are sampled along
    random directions, and the wrong entries located: the report's notes tell what that would miss.
    ``progress``: see `Progress`. On Ctrl-C the report tells what is known by then.

    The functions get copies: they may do with their input what they like, and the report tells.

    Raises TypeError or ValueError that says what was expected where a function returns something
    else than a finite number, or arrays of the parameters' shapes. Errors that the functions raise
    themselves at ``parameters`` are not caught.
    """
    functions = functions_of(loss, gradient, parameters, value_and_gradient)
    if network is None and isinstance(loss, LayeredNetwork):
        network = loss
    return tried(
        Trial(
            functions,
            target,
            seed,
            network=network,
            every_entry_up_to=every_entry_up_to,
            progress=progress,
        )
    )


def functions_of(
    loss: Callable[[Any], Any] | None,
    gradient: Callable[[Any], Any] | None,
    parameters: Any,
    value_and_gradient: Callable[[Any], Any] | None,
) -> Functions:
    """What `check_gradient` is given, as functions that are safe to call. Raises as it does."""
    if value_and_gradient is not None:
        loss, gradient = loss or _first(value_and_gradient), gradient or _second(value_and_gradient)
    if not callable(loss) or not callable(gradient):
        raise TypeError("expected two functions, loss and gradient, or value_and_gradient")
    return Functions(parameters_of(parameters), loss, gradient)


def check_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Any,
    *,
    cache: bool | None = None,
    every_entry_up_to: int | None = EVERY_ENTRY_UP_TO,
    progress: Progress = None,
    seed: int = 0,
    target: str = "backward",
) -> GradientReport:
    """Compare a layer's backward pass with its forward pass, by every input.

    ``forward(*inputs)``, or ``forward(**inputs)`` if ``inputs`` is a dict, returns an array, or a
    tuple of arrays. The backward pass is called with an upstream gradient for each of them, drawn
    at random (``seed``), in one of these ways:

    - ``backward(upstream, cache)`` where forward returned ``(output, cache)``: a pair whose second
      member is no array. If it is an array, say ``cache=True``; if the pair are two outputs and
      the second is no array, ``cache=False``;
    - ``backward(upstream, *inputs)`` (or ``**inputs``), if it takes more than one argument;
    - ``backward(upstream)`` otherwise, right after forward with the same inputs, as layer objects
      want it: ``check_backward(layer.forward, layer.backward, (x,))``.

    It returns the gradient of Σ upstream · output by each input: an array for one input, else a
    sequence in the order of the inputs or a dict by their names. Inputs that are not
    floating-point arrays (labels, indices, flags) are not differentiated: their place in the
    sequence may hold None or be left out. None in the place of an array means that no gradient is
    claimed, which the report notes. ``every_entry_up_to`` and ``progress`` are as for
    `check_gradient`.

    Raises as `check_gradient` does.
    """
    functions, upstream, notes = layer_of(forward, backward, inputs, cache, seed)
    return tried(
        Trial(
            functions,
            target,
            seed,
            upstream,
            notes,
            every_entry_up_to=every_entry_up_to,
            progress=progress,
        )
    )


def assert_gradient(*arguments: Any, **options: Any) -> GradientReport:
    """For tests: `check_gradient` (`check_backward` if ``inputs`` or ``backward`` is named, or if
    the third argument is given as ``inputs``) that raises AssertionError with the table unless the
    verdict is `agrees`."""
    backward = "inputs" in options or "backward" in options or "forward" in options
    report = (check_backward if backward else check_gradient)(*arguments, **options)
    if report.verdict is not Verdict.AGREES:
        raise AssertionError(f"\n{report}")
    return report


def _first(both: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda point: _pair(both(point))[0]


def _second(both: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda point: _pair(both(point))[1]


def _pair(found: Any) -> tuple[Any, Any]:
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise TypeError(
            f"value_and_gradient returned a {type(found).__name__}: expected (value, gradient)"
        )
    return found[0], found[1]
