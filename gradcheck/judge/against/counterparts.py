"""Places in the network: what a defined quantity is there for, whatever it is called."""

from __future__ import annotations

from gradcheck.language.expression import Add, Apply, Expression, Name, contains, names_in, walk
from gradcheck.language.model import Model
from gradcheck.understand.bindings import factors_of

HIDDEN_SUM = "the hidden layer's weighted sum"
HIDDEN = "the hidden layer's output"
OUTPUT_SUM = "the output layer's weighted sum"
PREDICTION = "the prediction"
PLACES = (HIDDEN_SUM, HIDDEN, OUTPUT_SUM, PREDICTION)


def places_of(model: Model) -> dict[str, str]:
    """place → key, for the places that have a name of their own in this model."""
    found: dict[str, str] = {}
    if model.prediction is None or model.prediction not in model.definitions:
        return found
    found[PREDICTION] = model.prediction
    keys = {parameter.role: parameter.key for parameter in model.parameters}
    forward = [key for key in model.ancestors(model.prediction) if key in model.definitions]
    hidden = _multiplied(model, forward, keys.get("w_2"))
    if hidden is not None:
        found[HIDDEN] = hidden
    second = {keys[role] for role in ("w_2", "b_2") if role in keys}
    for key in forward:
        if key in found.values():
            continue
        body = model.definitions[key]
        if isinstance(body, Name) or contains(body, Apply):
            continue
        below = _below(model, key)
        if keys.get("w_2") in names_in(body):
            found.setdefault(OUTPUT_SUM, key)
        elif keys.get("w_1") in names_in(body) and not below & second:
            found.setdefault(HIDDEN_SUM, key)
    return found


def _multiplied(model: Model, forward: list[str], weight: str | None) -> str | None:
    """The defined name that the output weight multiplies, aliases followed to the first name."""
    for key in forward:
        for node in walk(model.definitions[key]):
            for term in node.terms if isinstance(node, Add) else (node,):
                factors = factors_of(term)
                names = [f.key for f in factors if isinstance(f, Name)]
                if weight in names:
                    others = [n for n in names if n != weight and n in model.definitions]
                    if len(others) == 1:
                        return others[0]
    return None


def _below(model: Model, key: str) -> set[str]:
    found: set[str] = set()
    for name in model.ancestors(key):
        found |= names_in(model.definitions[name])
    return found


def aliases_of(model: Model, key: str, stops: set[str]) -> list[str]:
    """The names that ``key`` is set equal to, one after the other (``ŷ = a_2``), up to a stop."""
    found: list[str] = []
    body: Expression | None = model.definitions.get(key)
    while isinstance(body, Name) and body.key in model.definitions and body.key not in stops:
        if body.key in found:
            break
        found.append(body.key)
        body = model.definitions[body.key]
    return found
