"""The losses that gradcheck knows by name: one row each, the setup's name first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Form = Callable[[Any, Any, Any], Any]
"""Of a prediction p, a label y, and ``of``, which applies a function by name."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss: what setups and formulas call it, and its form for one sample.

    ``holds`` are the signs by which a written loss is taken for it (see `understand.loss_kinds`),
    the first row that has them all; ``output`` is the activation that it goes with. ``names`` are
    words in formulas, in lower case. The built-in network has those with a ``form``.
    """

    name: str
    title: str
    names: str = ""
    holds: frozenset[str] = frozenset()
    output: str = "identity"
    form: Form | None = None


LOSSES = (
    Loss(
        "logloss",
        "log loss",
        names="bce ce nll logloss crossentropy bceloss xent cce",
        holds=frozenset({"log"}),
        output="sigmoid",
        form=lambda p, y, of: -(y * of("log", p) + (1 - y) * of("log", 1 - p)),
    ),
    Loss("huber", "Huber loss", names="huber smoothl1", holds=frozenset({"square", "case of abs"})),
    Loss("squaredhinge", "squared hinge loss", holds=frozenset({"square", "margin"})),
    Loss("hinge", "hinge loss", names="hinge", holds=frozenset({"margin"})),
    Loss("loss", "another loss", names="rmse", holds=frozenset({"root of square"})),
    Loss(
        "mse",
        "squared error",
        names="mse sse rss ssr mseloss",
        holds=frozenset({"square"}),
        form=lambda p, y, of: (p - y) ** 2,
    ),
    Loss("mae", "absolute error", names="mae", holds=frozenset({"abs"})),
)
"""In the order in which a written loss is compared with them."""

NAMES = tuple(dict.fromkeys((*(row.name for row in LOSSES if row.name != "loss"), "loss")))
"""What setups call a loss; ``loss`` is any other one."""

IN_NETWORK = tuple(row for row in reversed(LOSSES) if row.form is not None)
"""Those of the built-in network."""

WORDS = frozenset(name for row in LOSSES for name in row.names.split())
"""Names of kinds of losses in formulas, in lower case."""


def output_of(loss: str) -> str:
    """The output activation that a loss goes with."""
    return next((row.output for row in LOSSES if row.name == loss), "identity")


def kind_of(signs: frozenset[str]) -> str | None:
    """The loss that has these signs; None if there are none to tell by."""
    return next((row.name for row in LOSSES if row.holds <= signs), None)
