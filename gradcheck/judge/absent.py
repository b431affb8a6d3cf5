"""Parameters that the forward equations lack: their gradient is not taken for 0.

Such a claim is undecided, and a finding says what is missing. It stays wrong where one name put
for another in a definition makes it hold, and breaks no other: then the definition is mistaken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from gradcheck.judge.forms import Forms, with_definition
from gradcheck.judge.verdicts import Judge
from gradcheck.language.expression import Expression, Name, value_keys, walk, with_children
from gradcheck.language.model import Claim, Model, Setup
from gradcheck.language.verdict import Verdict
from gradcheck.understand.resolution import Unresolved

TRIES = 60
"""Exchanged names that are tried at most."""


def is_misnamed(
    setup: Setup, claim: Claim, holding: Sequence[Claim], keys: dict[str, str], seed: int
) -> bool:
    """Whether a claim for an absent parameter holds with one name of a definition exchanged.

    ``holding`` are the claims that hold now, and must hold then.
    """
    edited = islice(_edited(setup, keys[claim.parameter]), TRIES)
    return any(
        all(_holds(model, other, keys, seed) for other in (claim, *holding)) for model in edited
    )


def _edited(setup: Setup, key: str) -> Iterator[Model]:
    """The model with one name of one definition exchanged, so that the loss depends on ``key``."""
    model = setup.model
    names = [key, *(name for name in model.definitions if key in model.below(name))]
    for defined, body in _definitions(setup).items():
        for place in value_keys(body):
            for name in names:
                for changed in _with_one(body, place, Name(name)):
                    edited = with_definition(model, defined, changed)
                    if edited is not None and key in edited.below(edited.loss):
                        yield edited


def _definitions(setup: Setup) -> dict[str, Expression]:
    """The definitions below the loss, as the document writes them where that can be told."""
    model = setup.model
    found = {key: model.definitions[key] for key in model.ancestors(model.loss)}
    for source in setup.sources:
        aliased = isinstance(found.get(source.key), Name)
        if aliased and setup.resolve is not None and not isinstance(source.written, Name):
            with suppress(Unresolved):
                found[source.key] = setup.resolve(source.written)  # a_2 = σ(z_1), and not a_1
    return found


def _holds(model: Model, claim: Claim, keys: dict[str, str], seed: int) -> bool:
    judged = Judge(Forms(model), keys, seed, shows=False).judge(replace(claim, loss=""))
    return judged.verdict in (Verdict.EXACT, Verdict.CONVENTION)


def _with_one(body: Expression, place: str, name: Name) -> Iterator[Expression]:
    """The body with each occurrence of a name exchanged in turn."""
    if isinstance(body, Name):
        if body.key == place:
            yield name
        return
    children = body.children()
    for at, child in enumerate(children):
        if any(isinstance(node, Name) and node.key == place for node in walk(child)):
            for changed in _with_one(child, place, name):
                yield with_children(body, (*children[:at], changed, *children[at + 1 :]))
