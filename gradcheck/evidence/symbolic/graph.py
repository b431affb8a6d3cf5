"""The graph of a model's definitions: which names are one node, and what depends on what."""

from __future__ import annotations

from gradcheck.language.expression import Apply, Expression, FunctionName, Name, walk
from gradcheck.language.model import Model
from gradcheck.language.notation import to_text


class Graph:
    """Aliases (``\\hat y`` defined as ``a_2``) are one node, in both directions."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._names: dict[str, Name] = dict(model.names)
        self._nodes: dict[str, str] = {}
        self._reach: dict[str, frozenset[str]] = {}
        self._free = {
            *(parameter.key for parameter in model.parameters),
            *model.inputs,
            *model.labels,
            *model.constants,
            *((model.sample_count,) if model.sample_count else ()),
        }
        for expression in model.definitions.values():
            for node in walk(expression):
                if isinstance(node, Name):
                    self._names.setdefault(node.key, node)
        for key, expression in model.definitions.items():
            alias = isinstance(expression, Name) and expression.key != key
            self._nodes[key] = self.node(expression.key) if alias else key  # type: ignore[attr-defined]
            reach = {self._nodes[key]}
            for name in names_outside_heads(expression):
                reach |= self.reach(name)
            self._reach[key] = frozenset(reach)

    @classmethod
    def without_definitions(cls, constants: tuple[str, ...]) -> Graph:
        return cls(Model({}, "", None, (), (), (), constants=constants))

    def node(self, key: str) -> str:
        """The key that stands for the node: what an alias is an alias of, at the root."""
        return self._nodes.get(key, key)

    def reach(self, key: str) -> frozenset[str]:
        """The nodes that a name is computed from, its own included."""
        return self._reach.get(key, frozenset((key,)))

    def is_known(self, key: str) -> bool:
        return key in self._nodes or key in self._free

    def is_per_sample(self, key: str) -> bool:
        return key in self.model.per_sample

    def name(self, key: str) -> Name:
        """The name with this key, as the document writes it."""
        return self._names.setdefault(key, Name(key))

    def shown(self, expression: Expression) -> str:
        """How to call it in a reason."""
        if isinstance(expression, Name):
            return to_text(expression)
        return "the quantity"


def names_outside_heads(expression: Expression) -> dict[str, Name]:
    """The names that occur, function heads excepted, by key, in order of occurrence."""
    found: dict[str, Name] = {}
    stack = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            found.setdefault(node.key, node)
        elif isinstance(node, Apply):
            stack.extend(reversed(node.arguments))
        elif not isinstance(node, FunctionName):
            stack.extend(reversed(node.children()))
    return found
