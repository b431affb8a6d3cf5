"""Pins: what the front matter states, checked against the document that it stands above.

A pin that does not fit is disregarded, and told: nothing is pinned silently, nothing ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from gradcheck.language import losses
from gradcheck.language.document import Document
from gradcheck.language.expression import FunctionName, Name, walk
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.functions import BY_NAME, UNITS
from gradcheck.language.model import ROLES
from gradcheck.language.notation import to_tex, to_text
from gradcheck.read.files.front_matter import place_of
from gradcheck.understand.bindings import CanonicalStatement, heads_applied
from gradcheck.understand.naming import squeezed
from gradcheck.understand.readings import CHARITIES, ReadingLog

_YES_AND_NO = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Pins:
    """What is pinned, by canonical keys; ``findings`` are about the pins that do not fit.

    ``roles`` maps a role of the network to a parameter, ``trained`` are all parameters pinned,
    ``outputs`` maps a kind of loss to the output activation that it goes with, ``readings`` a
    charity to whether it is to be used.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    trained: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    activations: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    readings: Mapping[str, bool] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def pins_of(document: Document, statements: Sequence[CanonicalStatement]) -> Pins:
    """The pins that fit the document, and a finding for each that does not."""
    if not document.front_matter:
        return Pins()
    return _Checking(document, statements).pins()


def misfit(document: Document, key: str, inner: str, message: str) -> Finding:
    """The finding about a pin, at its place in the front matter."""
    return Finding(RULES["GC007"], place_of(document.text, key, inner), message)


def note_pins(pins: Pins, document: Document, log: ReadingLog) -> None:
    """Name everything that is pinned among the readings."""

    def note(key: str, inner: str, a: str, b: str) -> None:
        log.note("pinned", place_of(document.text, key, inner), a, b)

    for role, key in pins.roles.items():
        note("parameters", role, key, f"the parameter {role}")
    for key in pins.trained:
        if key not in pins.roles.values():
            note("parameters", key, key, "a parameter")
    for key in pins.inputs:
        note("inputs", key, key, "an input")
    for key in pins.labels:
        note("labels", key, key, "a label")
    for key, kind in pins.activations.items():
        note("activations", key, key, f"the {kind}")
    for loss, output in pins.outputs.items():
        note("setup", f"{loss}/{output}", f"the output of {loss}", f"the {output}")


def without_contradictions(
    pins: Pins, document: Document, kinds: Mapping[str, str | None], trained: Sequence[str]
) -> Pins:
    """The pins that neither a definition nor a derivative contradicts.

    ``kinds`` maps what the document defines to the activation that it is, if it is one;
    ``trained`` are the names that something is derived for.
    """
    found = list(pins.findings)
    other = dict.fromkeys(trained, "a gradient by it is claimed")
    other |= dict.fromkeys(kinds, "the document defines it")
    for kind, keys in (("inputs", pins.inputs), ("labels", pins.labels)):
        for key in keys:
            if key in other:
                message = f"{key} is none of the {kind}: {other[key]}; leave it out"
                found.append(misfit(document, kind, key, message))
    activations = dict(pins.activations)
    for key, kind in pins.activations.items():
        defined = kinds.get(key)
        if defined is not None and defined != kind:
            message = f"the document defines {key} as the {defined}: leave the pin"
            found.append(misfit(document, "activations", key, message))
            del activations[key]
    return replace(
        pins,
        inputs=tuple(key for key in pins.inputs if key not in other),
        labels=tuple(key for key in pins.labels if key not in other),
        activations=activations,
        findings=tuple(found),
    )


def unmet_setups(pins: Pins, document: Document, names: Iterable[str]) -> list[Finding]:
    """Pinned setups that the document does not have."""
    has = list(dict.fromkeys(names))
    return [
        misfit(
            document,
            "setup",
            f"{loss}/{output}",
            f"no setup of this document is {loss}/{output}"
            + (f": it has {', '.join(has)}; pin one of these" if has else ""),
        )
        for loss, output in pins.outputs.items()
        if f"{loss}/{output}" not in has
    ]


class _Checking:
    """Reads the pins one kind after the other and collects what does not fit."""

    def __init__(self, document: Document, statements: Sequence[CanonicalStatement]) -> None:
        self.document = document
        self.found: list[Finding] = []
        self.both: set[str] = set()  # names pinned as two things
        nodes = [n for s in statements for side in s.sides if side is not None for n in walk(side)]
        self.names = {node.key: node for node in nodes if isinstance(node, Name)}
        sides = [side for s in statements for side in s.sides if side is not None]
        heads = [a.function for side in sides for a in heads_applied(side)]
        heads += [n.function for n in nodes if isinstance(n, FunctionName)]
        self.functions = {shown: head.key for head in heads for shown in (head.key, to_text(head))}
        self.spelled = {squeezed(to_tex(name)): key for key, name in self.names.items()}

    def pins(self) -> Pins:
        roles, extra = self._parameters()
        taken = dict.fromkeys((*roles.values(), *extra), "parameters")
        inputs = self._data("inputs", taken)
        labels = self._data("labels", taken | dict.fromkeys(inputs, "inputs"))
        inputs = tuple(key for key in inputs if key not in self.both)
        activations, outputs = self._activations(), self._outputs()
        readings = self._readings()
        trained = tuple(dict.fromkeys((*roles.values(), *extra)))
        return Pins(
            roles, trained, inputs, labels, activations, outputs, readings, tuple(self.found)
        )

    def _misfit(self, key: str, inner: str, message: str) -> None:
        self.found.append(misfit(self.document, key, inner, message))

    def _mapping(self, key: str, example: str) -> dict[str, str]:
        """The pins of one kind that come as ``{name: meaning}``."""
        value = self.document.front_matter.get(key)
        if value is None:
            return {}
        pairs = value if isinstance(value, dict) else {}
        if not pairs or not all(isinstance(item, str) for item in pairs.values()):
            self._misfit(key, "", f"{key} takes pairs such as {example}")
            return {}
        return {str(name): str(item) for name, item in pairs.items()}

    def _words(self, key: str, example: str) -> list[str]:
        """The pins of one kind that come as one word or a list of words."""
        value = self.document.front_matter.get(key)
        words = [value] if isinstance(value, str) else value or []
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return list(dict.fromkeys(words))
        self._misfit(key, "", f"{key} takes words such as {example}")
        return []

    def _known(self, key: str, written: str) -> str | None:
        """The canonical key of a name that the document has, whether typed plainly or in LaTeX."""
        if written in self.names:
            return written
        found = self.spelled.get(squeezed(written))
        if found is None:
            near = get_close_matches(written, self.names, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; pin a name that it has"
            self._misfit(key, written, f"{written} occurs nowhere in the document{hint}")
        return found

    def _parameters(self) -> tuple[dict[str, str], list[str]]:
        if isinstance(self.document.front_matter.get("parameters"), list | str):
            words = self._words("parameters", "[w_1, b_1]")
            return {}, [k for word in words if (k := self._known("parameters", word)) is not None]
        roles: dict[str, str] = {}
        for role, written in self._mapping("parameters", "{w_1: W}").items():
            if role not in ROLES:
                message = f"{role} is no parameter of the network: write {', '.join(ROLES)}"
                self._misfit("parameters", role, message)
                continue
            key = self._known("parameters", written)
            if key in roles.values():
                self._misfit("parameters", role, f"{written} is pinned as two parameters")
            elif key is not None:
                roles[role] = key
        return roles, []

    def _data(self, kind: str, taken: Mapping[str, str]) -> tuple[str, ...]:
        found = []
        for written in self._words(kind, "[x]"):
            key = self._known(kind, written)
            if key in taken:
                self.both.add(str(key))  # which of the two is meant, nobody can tell
                message = f"{written} is pinned under {taken[str(key)]} already: leave one of them"
                self._misfit(kind, written, message)
            elif key is not None:
                found.append(key)
        return tuple(found)

    def _activations(self) -> dict[str, str]:
        found = {}
        for key, kind in self._mapping("activations", "{g: tanh}").items():
            known = BY_NAME.get(kind, kind)
            if known not in UNITS:
                message = f"{kind} is no activation that gradcheck knows: {', '.join(UNITS)}"
                self._misfit("activations", kind, message)
                continue
            spelled = key.removeprefix("\\")
            if spelled in self.functions:
                found[self.functions[spelled]] = known
            else:
                near = get_close_matches(key, sorted(self.functions), n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                message = f"{key} is applied nowhere in the document{hint}"
                self._misfit("activations", key, message)
        return found

    def _outputs(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for word in self._words("setup", "mse/identity"):
            loss, _, output = word.partition("/")
            if loss not in losses.NAMES or output not in UNITS:
                kinds = ", ".join(losses.NAMES)
                message = (
                    f"{word} is no setup: write the loss ({kinds}), a slash and the "
                    f"output activation ({', '.join(UNITS)})"
                )
                self._misfit("setup", word, message)
            elif loss in found:
                self._misfit("setup", word, f"{loss} is pinned to two output activations")
            else:
                found[loss] = output
        return found

    def _readings(self) -> dict[str, bool]:
        found = {}
        for rule, word in self._mapping("readings", "{identity-output: no}").items():
            if rule not in CHARITIES:
                near = get_close_matches(rule, CHARITIES, n=1)
                hint = f"did you mean {near[0]}?" if near else f"they are {', '.join(CHARITIES)}"
                self._misfit("readings", rule, f"there is no reading {rule}; {hint}")
            elif word.lower() not in _YES_AND_NO:
                self._misfit("readings", rule, f"{rule} takes yes or no, not {word}")
            else:
                found[rule] = _YES_AND_NO[word.lower()]
        return found
