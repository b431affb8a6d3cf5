"""The layout of a page: every array with its slots and their axes, the samples' axis, the counts.

Axes come from the forward equations and the loss. What only claims and helpers have (δ_k) gets its
axes from the letters beside it, where those are known; a claim never changes an axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Sum,
    walk,
)
from gradcheck.language.names import BIAS, COUNT, INPUT, WEIGHT
from gradcheck.language.typed import Letter
from gradcheck.understand.bindings import Binding, CanonicalStatement
from gradcheck.understand.page.order import InOrder, is_closed
from gradcheck.understand.page.sorts import (
    NOTHING_NEAR,
    Equation,
    Near,
    Sorts,
    Use,
    bound_scope,
    near_in,
    sorts_of,
    uses,
)
from gradcheck.understand.page.symbols import Slot, Symbols, Unmeant, Written

SAMPLE_SLOT = Slot(True, 9)
"""Where an input carries the samples' index that the page never writes for it."""


@dataclass
class Layout:
    """Arrays, slots and axes of one page."""

    page: InOrder
    symbols: Symbols
    sorts: Sorts
    slots: dict[str, tuple[Slot, ...]] = field(default_factory=dict)
    known: dict[tuple[str, Slot], str] = field(default_factory=dict)
    samples: frozenset[str] = frozenset()
    counts: dict[str, str] = field(default_factory=dict)  # name of a count → axis
    lengths: dict[str, int] = field(default_factory=dict)
    from_zero: frozenset[str] = frozenset()  # axes that sums count from 0
    forward: frozenset[Span] = frozenset()  # bodies of forward equations and losses

    @cached_property
    def plain_losses(self) -> frozenset[str]:
        """Losses that are numbers: one with an index (``L_i``) is another."""
        names = [b.name for b in self.page.losses]
        return frozenset(
            self.symbols.written(n).symbol for n in names if _is_plain(n, self.symbols)
        )

    @property
    def indexed(self) -> bool:
        """Whether a forward equation or a loss has an axis besides the samples'."""
        arrays = {a for a, _ in self._forward_slots()}
        axes = {self.axis(a, s) for a, s in self._forward_slots()}
        return bool(arrays) and bool(axes - {self.sorts.union.find(a) for a in self.samples})

    def _forward_slots(self) -> list[tuple[str, Slot]]:
        return [(a, s) for a, slots in self.sorts.slots.items() for s in slots]

    def axis(self, array: str, slot: Slot) -> str:
        """The axis at a slot."""
        found = self.sorts.axis(array, slot) or self.known.get((array, slot))
        return self.sorts.union.find(found if found is not None else f"{array}/{slot}")

    def has_axis(self, array: str, slot: Slot) -> bool:
        """Whether an axis was found for the slot."""
        return self.sorts.axis(array, slot) is not None or (array, slot) in self.known

    def is_kronecker(
        self,
        name: Name,
        written: Written,
        axes: Mapping[str, str],
        scope: str,
        bound: Mapping[str, Letter] | None = None,
    ) -> bool:
        """Whether a δ with two indices of one axis is Kronecker's.

        ``axes`` are those of the statement's letters, by their scopes.
        """
        if name.base != "delta" or len(written.letters) != 2 or len(written.indices) != 2:
            return False
        inside = bound or {}
        found = [
            inside[x].axis if x in inside else axes.get(f"{scope}.{x}", "") for x in written.letters
        ]
        return found[0] == found[1] and bool(found[0]) and not found[0].startswith("?")

    def is_forward(self, name: Name) -> bool:
        """Whether a name stands in a forward equation, norms left out."""
        for binding in self.page.bindings:
            if binding.span not in self.forward:
                continue
            norms = [
                n for n in walk(binding.body) if isinstance(n, Apply) and n.function.base == "norm"
            ]
            inside = {id(x) for norm in norms for x in walk(norm)}
            if any(isinstance(n, Name) and n == name and id(n) not in inside
                   for n in walk(binding.body)):  # fmt: skip
                return True
        return False

    @cached_property
    def letters(self) -> dict[str, tuple[str, ...]]:
        """The axes that every letter runs over, anywhere on the page."""
        found: dict[str, dict[str, None]] = {}
        for statement in self.page.statements:
            for scope, axes in self.letter_axes(_sides(statement), f"s{statement.number}").items():
                letter = scope.split(".")[1]
                found.setdefault(letter, {}).update(dict.fromkeys(axes))
        return {letter: tuple(axes) for letter, axes in found.items()}

    @property
    def arrays_free(self) -> frozenset[str]:
        """Arrays and numbers that nothing defines and nothing trains."""
        found = set()
        for side in self.page.expressions:
            for use in uses_in(side, self.symbols, ""):
                if use.name.key not in self.page.trained:
                    found.add(use.written.symbol)
        return frozenset(found - {self.page.symbol(b.name) for b in self.page.bindings})

    def array(self, name: Name, near: Near = NOTHING_NEAR) -> tuple[str, Written]:
        """The array that a name means, and its indices. Raises Unmeant."""
        written = self.symbols.written(name)
        return self.sorts.variant(written, near), written

    def near(self, sides: Iterable[Expression]) -> Near:
        """The letters under which each symbol stands in some sides."""
        return near_in(use for side in sides for use in uses_in(side, self.symbols, ""))

    def letter_axes(self, sides: Iterable[Expression], scope: str) -> dict[str, list[str]]:
        """The axes at which each letter of some sides stands, by scope, where they are known."""
        sides = list(sides)
        found = self._letter_axes(sides, scope, lambda use: use.name.base != "delta")
        if all(use.name.base != "delta" for side in sides for use in self._uses(side)):
            return found
        plain = {scope_: axes[0] for scope_, axes in found.items()}

        def is_array(use: Use) -> bool:
            known = [plain.get(s, "?") for s in use.scopes.values()]
            one = len(known) == 2 and known[0] == known[1] and known[0] != "?"
            return use.name.base != "delta" or not one

        return self._letter_axes(sides, scope, is_array)

    def _uses(self, side: Expression) -> list[Use]:
        return uses_in(side, self.symbols, "")

    def _letter_axes(
        self, sides: list[Expression], scope: str, counts: Callable[[Use], bool]
    ) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        near = self.near(sides)
        for side in sides:
            for use in filter(counts, uses_in(side, self.symbols, scope)):
                try:
                    array = self.sorts.variant(use.written, near)
                except Unmeant:
                    continue
                for slot, text in use.written.indices:
                    if text.isdigit() or not self.has_axis(array, slot):
                        continue
                    axes = found.setdefault(use.scopes[text], [])
                    axis = self.axis(array, slot)
                    if axis not in axes:
                        axes.append(axis)
        return found


def uses_in(side: Expression, symbols: Symbols, scope: str) -> list[Use]:
    """The uses of a side; none where a name has no meaning."""
    try:
        return list(uses(side, symbols, scope))
    except Unmeant:
        return []


def layout_of(page: InOrder) -> Layout:
    """Arrays, slots and axes of a page."""
    forward = forward_bindings(page)
    equations = [Equation(b.name, b.body, f"s{b.statement}") for b in forward]
    sorts = sorts_of(equations, page.symbols)
    several = _helper_variants(page, sorts)
    layout = _laid_out(page, forward, replace(sorts, variants={**sorts.variants, **several}))
    one = {s for s, v in several.items() if _is_one(layout, s, v)}
    if one:
        kept = {s: v for s, v in several.items() if s not in one}
        layout = _laid_out(page, forward, replace(sorts, variants={**sorts.variants, **kept}))
    layout.forward = frozenset(b.span for b in forward)
    layout.samples = _sample_axes(layout, forward)
    _implicit_inputs(layout, forward)
    return layout


def _laid_out(page: InOrder, forward: Sequence[Binding], sorts: Sorts) -> Layout:
    layout = Layout(page, page.symbols, sorts)
    _join_counts(layout, forward)
    _collect_slots(layout)
    _spread(layout)
    return layout


def _helper_variants(page: InOrder, sorts: Sorts) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Helpers that are defined under several letters: ``δ_k`` and ``δ_j``."""
    heads: dict[str, dict[tuple[str, ...], None]] = {}
    for binding in page.bindings:
        try:
            written = page.symbols.written(binding.name)
        except Unmeant:
            continue
        if written.symbol not in sorts.variants and written.letters:
            heads.setdefault(written.symbol, {})[written.letters] = None
    return {
        symbol: tuple(found)
        for symbol, found in heads.items()
        if len(found) > 1 and len({len(letters) for letters in found}) == 1
    }


def _is_one(layout: Layout, symbol: str, variants: tuple[tuple[str, ...], ...]) -> bool:
    """Whether all variants of a helper have the same axes: then they are one array."""
    arrays = [f"{symbol}@{''.join(v)}" for v in variants]
    axes = {tuple(layout.axis(a, s) for s in layout.slots.get(a, ())) for a in arrays}
    return len(axes) == 1


def forward_bindings(page: InOrder) -> list[Binding]:
    """The definitions that the losses are computed from; without a loss, those before any claim."""
    closed = [b for b in page.bindings if is_closed(b.body)]
    if not page.losses:
        return [b for b in closed if b.start < page.first_claim]
    symbol = page.symbol
    by_symbol: dict[str, list[Binding]] = {}
    for binding in closed:
        by_symbol.setdefault(symbol(binding.name), []).append(binding)
    wanted = [symbol(b.name) for b in page.losses]
    seen: dict[str, None] = {}
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen[name] = None
        for binding in by_symbol.get(name, ()):
            wanted += [symbol(n) for n in walk(binding.body) if isinstance(n, Name)]
    return [b for b in closed if symbol(b.name) in seen]


def _join_counts(layout: Layout, forward: Sequence[Binding]) -> None:
    """Sums up to the same count run over one axis; sums up to a number over one that long."""
    zero: list[str] = []
    for binding in forward:
        scope = f"s{binding.statement}"
        for node in walk(binding.body):
            if not isinstance(node, Sum) or node.index is None:
                continue
            axis = bound_scope(scope, node)
            if isinstance(node.lower, Number) and node.lower.value == 0:
                zero.append(axis)
            if isinstance(node.upper, Name):
                known = layout.counts.setdefault(node.upper.key, axis)
                layout.sorts.union.join(known, axis)
            elif isinstance(node.upper, Number) and isinstance(node.lower, Number):
                length = node.upper.value - node.lower.value + 1
                if length.denominator == 1 and length > 1:
                    layout.lengths[axis] = int(length)
    layout.counts = {k: layout.sorts.union.find(a) for k, a in layout.counts.items()}
    layout.lengths = {layout.sorts.union.find(a): n for a, n in layout.lengths.items()}
    layout.from_zero = frozenset(map(layout.sorts.union.find, zero))
    for key, number in _numbers(layout.page).items():
        if key in layout.counts and 1 < number <= MOST:
            layout.lengths.setdefault(layout.counts[key], number)


def _is_plain(name: Name, symbols: Symbols) -> bool:
    try:
        return not symbols.written(name).indices
    except Unmeant:
        return False


MOST = 12
"""The longest axis whose length is kept as a number."""


def _numbers(page: InOrder) -> dict[str, int]:
    """Whole numbers that the page gives names: ``K = 10``."""
    found: dict[str, int] = {}
    for statement in page.statements:
        head, body = statement.sides[0], statement.sides[-1]
        if len(statement.sides) != 2 or not isinstance(head, Name) or not isinstance(body, Number):
            continue
        if body.value.denominator == 1:
            found[head.key] = int(body.value)
    return found


def _collect_slots(layout: Layout) -> None:
    found: dict[str, dict[Slot, None]] = {
        array: dict.fromkeys(slots) for array, slots in layout.sorts.slots.items()
    }
    beside = [(sides, layout.near(sides)) for sides in map(_sides, layout.page.statements)]
    for side, near in ((side, near) for sides, near in beside for side in sides):
        for use in uses_in(side, layout.symbols, ""):
            try:
                array = layout.sorts.variant(use.written, near)
            except Unmeant:
                continue
            if array in layout.plain_losses:
                continue
            slots = found.setdefault(array, {})
            slots |= dict.fromkeys(slot for slot, _ in use.written.indices)
    layout.slots = {
        array: tuple(sorted(slots, key=lambda s: (s.above, s.at))) for array, slots in found.items()
    }


def _sides(statement: CanonicalStatement) -> list[Expression]:
    return [side for side in statement.sides if side is not None]


def _spread(layout: Layout) -> None:
    """Give the slots of helpers the axes of the letters beside them, as far as they are known."""
    for _ in range(4):
        before = len(layout.known)
        for statement in layout.page.statements:
            if statement.is_update:
                continue
            scope = f"s{statement.number}"
            sides = _sides(statement)
            axes = layout.letter_axes(sides, scope)
            near = layout.near(sides)
            for side in sides:
                _spread_side(layout, side, scope, axes, near)
        if len(layout.known) == before:
            break


def _spread_side(
    layout: Layout, side: Expression, scope: str, axes: dict[str, list[str]], near: Near
) -> None:
    for use in uses_in(side, layout.symbols, scope):
        try:
            array = layout.sorts.variant(use.written, near)
        except Unmeant:
            continue
        first = {axes.get(s, ["?"])[0] for s in use.scopes.values()}
        if use.name.base == "delta" and len(use.scopes) == 2 and len(first) == 1:
            continue  # Kronecker's
        for slot, text in use.written.indices:
            found = axes.get(use.scopes.get(text, ""))
            if found and not layout.has_axis(array, slot):
                layout.known[array, slot] = found[0]


@dataclass(frozen=True)
class OuterSum:
    """A sum of a loss that only constants multiply, with the axis that it runs over."""

    node: Sum
    axis: str
    meaned: bool  # divided by a count


def outer_sums(layout: Layout, binding: Binding) -> Iterator[OuterSum]:
    """The sums of a loss that nothing but constants and other terms stands around."""
    scope = f"s{binding.statement}"
    stack: list[tuple[Expression, bool]] = [(binding.body, False)]
    while stack:
        node, meaned = stack.pop()
        match node:
            case Add(terms=terms):
                stack += [(term, meaned) for term in terms]
            case Negate(operand=operand):
                stack.append((operand, meaned))
            case Multiply(factors=factors):
                counted = meaned or any(_divides_by_count(f) for f in factors)
                stack += [(factor, counted) for factor in factors]
            case Divide(numerator=numerator, denominator=denominator):
                stack.append((numerator, meaned or _has_count(denominator)))
            case Sum(index=index) if index is not None:
                axes = layout.letter_axes([binding.name, binding.body], scope)
                own = axes.get(bound_scope(scope, node))
                axis = own[0] if own else layout.sorts.union.find(bound_scope(scope, node))
                yield OuterSum(node, layout.sorts.union.find(axis), meaned)


def _divides_by_count(node: Expression) -> bool:
    return isinstance(node, Divide) and _has_count(node.denominator)


def _has_count(node: Expression) -> bool:
    return any(isinstance(n, Name) and n.key in COUNT.names() for n in walk(node))


def _sample_axes(layout: Layout, forward: Sequence[Binding]) -> frozenset[str]:
    """The axes that the loss only adds up over: no parameter has them, no equation sums them."""
    losses = {b.span for b in layout.page.losses}
    taken = _axes_of_parameters(layout) | _summed_below(layout, forward, losses)
    found: set[str] = set()
    for binding in forward:
        for outer in outer_sums(layout, binding):
            _name_count(layout, binding, outer)
    for binding in layout.page.losses:
        for outer in outer_sums(layout, binding):
            letter = outer.node.index.base if outer.node.index is not None else ""
            sure = outer.meaned or letter in ("i", "n", "s", "p") or _is_bracketed(layout, outer)
            if outer.axis not in taken and sure:
                found.add(outer.axis)
                _name_count(layout, binding, outer)
    return frozenset(found)


def _is_bracketed(layout: Layout, outer: OuterSum) -> bool:
    """Whether the index is written in brackets above: ``x^{(k)}``."""
    assert outer.node.index is not None
    letter = outer.node.index.base
    names = (n for n in walk(outer.node.body) if isinstance(n, Name))
    return any(n.superscript.strip() == f"({letter})" for n in names)


def _name_count(layout: Layout, binding: Binding, outer: OuterSum) -> None:
    """``\\frac1N\\sum_i``: N counts the samples, though no bound says so."""
    if outer.axis in layout.counts.values() or not outer.meaned:
        return
    defined = {b.key for b in layout.page.bindings}
    for node in walk(binding.body):
        if isinstance(node, Divide):
            for name in walk(node.denominator):
                free = (
                    isinstance(name, Name) and name.key in COUNT.names() and name.key not in defined
                )
                if free and isinstance(name, Name) and name.key not in layout.counts:
                    layout.counts[name.key] = outer.axis
                    return


def _axes_of_parameters(layout: Layout) -> set[str]:
    """The axes that trained names carry, and names that weights and biases usually have."""
    found: set[str] = set()
    defined = {layout.page.symbol(b.name) for b in layout.page.bindings}
    for side in layout.page.expressions:
        for use in uses_in(side, layout.symbols, ""):
            name = use.name
            typical = name.base in WEIGHT.names() or (
                name.base in BIAS.names() and name.base != "d"
            )
            trained = name.key in layout.page.trained
            if not (trained or (typical and not name.accent)) or use.written.symbol in defined:
                continue
            try:
                array = layout.sorts.variant(use.written)
            except Unmeant:
                continue
            found |= {
                layout.axis(array, slot)
                for slot, _ in use.written.indices
                if layout.has_axis(array, slot)
            }
    return found


def _summed_below(layout: Layout, forward: Sequence[Binding], losses: set[Span]) -> set[str]:
    """The axes that equations below the loss sum over."""
    found: set[str] = set()
    for binding in forward:
        scope = f"s{binding.statement}"
        own = {o.node for o in outer_sums(layout, binding)} if binding.span in losses else set()
        axes = layout.letter_axes([binding.name, binding.body], scope)
        for node in walk(binding.body):
            if isinstance(node, Sum) and node.index is not None and node not in own:
                found |= set(axes.get(bound_scope(scope, node), ()))
    return found


def _implicit_inputs(layout: Layout, forward: Sequence[Binding]) -> None:
    """Inputs carry the samples' index where what is computed from them does."""
    if len(layout.samples) != 1:
        return
    (axis,) = layout.samples
    carrying = {
        array
        for array, slots in layout.slots.items()
        if any(layout.axis(array, slot) == axis for slot in slots)
    }
    defined = _defined_arrays(layout)
    changed = True
    while changed:
        changed = False
        for binding in forward:
            try:
                head, _ = layout.array(binding.name)
            except Unmeant:
                continue
            inside = {u.written.symbol: u for u in uses_in(binding.body, layout.symbols, "")}
            if head in carrying and not set(inside) & carrying:
                new = [a for a, use in inside.items() if a in defined or _is_input(layout, use)]
            elif head not in carrying and set(inside) & carrying:
                new = [] if _sums_over(layout, binding, axis) else [head]
            else:
                continue
            for array in new:
                _carry(layout, array, axis)
                carrying.add(array)
                changed = True


def _sums_over(layout: Layout, binding: Binding, axis: str) -> bool:
    """Whether an equation adds up over an axis, so that its head does not carry it."""
    scope = f"s{binding.statement}"
    axes = layout.letter_axes([binding.name, binding.body], scope)
    return any(
        isinstance(node, Sum)
        and (node.index is None or axis in axes.get(bound_scope(scope, node), (axis,)))
        for node in walk(binding.body)
    )


def _defined_arrays(layout: Layout) -> set[str]:
    return {layout.page.symbol(b.name) for b in layout.page.bindings}


def _is_input(layout: Layout, use: Use) -> bool:
    """Whether a free name is data: neither trained nor called as weights and constants are."""
    name = use.name
    if name.base in INPUT.names() and not name.accent:
        return True
    typical = name.base in WEIGHT.names() or name.base in BIAS.names() or len(name.base) > 1
    return not typical and name.key not in layout.page.trained and name.key not in layout.counts


def _carry(layout: Layout, array: str, axis: str) -> None:
    layout.slots[array] = (*layout.slots.get(array, ()), SAMPLE_SLOT)
    layout.known[array, SAMPLE_SLOT] = axis
