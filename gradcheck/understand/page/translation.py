"""Translation: typed terms of what is written, where it is written.

Nothing is dropped: what has no meaning with axes raises `Unmeant` with the reason. A letter that
stands at two different axes is a misfit; it is noted, and the term is made with those axes merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    INDICATOR,
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    Transpose,
    Underbrace,
    to_key,
)
from gradcheck.language.functions import BASIC, BY_NAME, FUNCTIONS, form_of
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Extent,
    Free,
    Index,
    Letter,
    Over,
    Place,
    Plus,
    Position,
    Raised,
    Slope,
    Term,
    Test,
    Times,
    Total,
    World,
    letters,
    nodes,
)
from gradcheck.run.budget import spend
from gradcheck.understand.bindings import CanonicalStatement
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.page.order import Defined
from gradcheck.understand.page.page_axes import Layout, outer_sums
from gradcheck.understand.page.sorts import Near, bound_scope
from gradcheck.understand.page.symbols import Slot, Unmeant
from gradcheck.understand.resolution import FunctionMeaning

Given = Mapping[str, Mapping[str, tuple[CanonicalStatement, Span, Partial, Expression]]]
"""By unknown loss and array: where a closed form of its partial stands, and what it is."""

_MINUS = Constant(Fraction(-1))
_ONE = Constant(Fraction(1))
NOT_READ = "this is not read: the definition of"
"""How the reason begins where a definition below a gradient could not be read."""
MANY = 30
"""Definitions of which each may be made inside another."""
FORMAL = "·one"
"""The letter of the sample in the definition of a loss of one sample."""
ONE_SAMPLE = "~one"
"""What is added to the name of a loss for its part that one sample gives."""


@dataclass
class Scope:
    """Where a term is made: its statement, what each letter of it runs over, and the place."""

    name: str
    axes: Mapping[str, str]  # scope of a letter → axis
    position: int  # where it stands, for what its names refer to
    bound: dict[str, Letter] = field(default_factory=dict)
    formals: Mapping[str, Term] = field(default_factory=dict)
    depth: int = 0
    near: Near = field(default_factory=dict)

    def letter(self, text: str) -> Letter:
        """The letter as it is bound here, or free."""
        found = self.bound.get(text)
        return found if found is not None else Letter(text, self.axes[f"{self.name}.{text}"])

    def binding(self, text: str, letter: Letter) -> Scope:
        """The scope inside a sum over what is written as ``text``."""
        return Scope(
            self.name, self.axes, self.position, {**self.bound, text: letter},
            self.formals, self.depth, self.near,
        )  # fmt: skip

    def inner(self, text: str) -> str:
        """A name for the letter of a sum: in a function that is put in, no letter around it."""
        return text + "'" * self.depth


_FAR_BELOW = 30
"""Definitions within one another that are made by recursion."""


@dataclass(frozen=True)
class _Wanted:
    """A definition that is to be made."""

    name: str
    array: str
    defined: Defined
    one: bool  # of one sample


class _TooFarBelow(Exception):
    """A definition has to be made before those that are open now."""

    def __init__(self, wanted: _Wanted) -> None:
        super().__init__(wanted.name)
        self.wanted = wanted


@dataclass
class Translator:
    """Makes terms for one place of a page; definitions are made once."""

    layout: Layout
    functions: Mapping[str, FunctionMeaning]
    versions: Mapping[str, list[Defined]]
    place: int
    merged: Mapping[str, str] = field(default_factory=dict)  # axes that are taken for one
    given: Given = field(default_factory=dict)  # closed forms of unknown partials
    sample: Letter | None = None  # losses are those of this one sample
    mean: bool = True  # … with the constant that stands before the sum
    misfits: set[tuple[str, str]] = field(default_factory=set)
    unfit: dict[str, tuple[str, str]] = field(default_factory=dict)  # helpers with a misfit
    doubt: str = ""  # why a difference between the sides says nothing
    bounds: set[tuple[str, str]] = field(default_factory=set)  # index, count of another one
    definitions: dict[str, Definition] = field(default_factory=dict)
    free: dict[str, Free] = field(default_factory=dict)
    carried: dict[str, tuple[Letter, ...]] = field(
        default_factory=dict
    )  # indices on the right only
    names: dict[str, Name] = field(default_factory=dict)  # name in the world → as written
    _prepared: bool = False
    _formal: bool = False  # inside a loss of one sample
    _failed: dict[str, str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    # ------------------------------------------------------------------ places and letters

    def axis(self, name: str) -> str:
        """An axis after merging."""
        found = self.layout.sorts.union.find(name)
        return self.merged.get(found, found)

    @cached_property
    def _samples(self) -> frozenset[str]:
        """The axes of the samples, after merging."""
        return frozenset(map(self.axis, self.layout.samples))

    @cached_property
    def _from_zero(self) -> frozenset[str]:
        """The axes whose sums count from 0, after merging."""
        return frozenset(map(self.axis, self.layout.from_zero))

    def scope(self, sides: list[Expression], name: str, position: int) -> Scope:
        """The scope of a statement with these sides: every letter with its axis.

        A letter that stands at several axes is a misfit.
        """
        found = self.layout.letter_axes(sides, name)
        axes: dict[str, str] = {}
        for scope, several in found.items():
            kinds = list(dict.fromkeys(self.axis(a) for a in several))
            axes[scope] = kinds[0]
            self.misfits |= {(kinds[0], other) for other in kinds[1:]}
        return Scope(name, _Fresh(axes), position, near=self.layout.near(sides))

    def terms(self, sides: list[Expression], name: str, position: int) -> list[Term]:
        """The terms of several sides of one statement. Raises Unmeant."""
        self._prepare()
        scope = self.scope(sides, name, position)
        return [self.term(side, scope) for side in sides]

    def _prepare(self) -> None:
        """Make the definitions of a long page in its order, so that none is made inside many."""
        several = [(d, a) for a, v in self.versions.items() for d in v]
        if self._prepared or len(several) <= MANY:
            return
        self._prepared = True
        for defined, array in sorted(several, key=lambda pair: pair[0].binding.span):
            if defined.place <= self.place:
                try:
                    self.refer(array, defined.head, defined.binding.span.end)
                except Unmeant:
                    continue

    def world(self, terms: list[Term]) -> World:
        """What all names in some terms mean. Raises Unmeant."""
        definitions: dict[str, Definition] = {}
        free: dict[str, Free] = {}
        stack = [n.name for t in terms for n in nodes(t) if isinstance(n, Entry)]
        while stack:
            name = stack.pop()
            if name in self._failed:
                raise Unmeant(self._failed[name])
            if name in definitions or name in free:
                continue
            if name in self.definitions:
                definitions[name] = self.definitions[name]
                body = self.definitions[name].body
                stack += [n.name for n in nodes(body) if isinstance(n, Entry)]
            else:
                free[name] = self.free[name]
        lengths = {self.axis(a): n for a, n in self.layout.lengths.items()}
        return World(dict(sorted(definitions.items())), dict(sorted(free.items())), lengths)

    # ------------------------------------------------------------------ nodes

    def term(self, node: Expression, scope: Scope) -> Term:
        """The term of an expression. Raises Unmeant."""
        spend(3)
        match node:
            case Number(value=value):
                return Constant(value, span=node.span)
            case Name():
                return self._name(node, scope)
            case Add(terms=terms):
                return Plus(tuple(self.term(t, scope) for t in terms), span=node.span)
            case Multiply(factors=factors):
                return Times(tuple(self.term(f, scope) for f in factors), span=node.span)
            case Negate(operand=operand):
                return Times((_MINUS, self.term(operand, scope)), span=node.span)
            case Divide(numerator=numerator, denominator=denominator):
                above, below = self.term(numerator, scope), self.term(denominator, scope)
                return Over(above, below, span=node.span)
            case Power():
                return self._power(node, scope)
            case Sum():
                return self._sum(node, scope)
            case Apply():
                return self._apply(node, scope)
            case Partial():
                return self._partial(node, scope)
            case Cancel(operand=operand) | Underbrace(operand=operand):
                return self.term(operand, scope)
            case Transpose():
                raise Unmeant("a transpose is not read with axes yet")
            case FunctionName(function=function):
                raise Unmeant(f"{function.key} stands without an argument")
        raise Unmeant(f"a {type(node).__name__} has no axes yet")

    def _name(self, node: Name, scope: Scope) -> Term:
        if node.key in scope.formals:
            return scope.formals[node.key]
        if node.key == "e" and self._is_euler():
            return Call("exp", (_ONE,), span=node.span)
        if node.key in self.layout.counts and node.key not in self.versions:
            return Extent(self.axis(self.layout.counts[node.key]), span=node.span)
        if node.key not in self.versions and self._is_index(node.key, scope):
            return self._position(scope.letter(node.key))
        array, written = self.layout.array(node, scope.near)
        if self.layout.is_kronecker(node, written, scope.axes, scope.name, scope.bound):
            one, other = (Position(scope.letter(x)) for x in written.letters)
            same = Test(one, "=", other)
            return Choice(((same, _ONE), (None, Constant(Fraction(0)))), span=node.span)
        if written.indices and array in self.layout.plain_losses:
            raise Unmeant(f"{node.key} is not defined")
        if array not in self.versions and is_loss_name(node):
            raise Unmeant(f"{node.key} is not defined")
        return self._entry(node, array, dict(written.indices), scope)

    @staticmethod
    def _is_index(key: str, scope: Scope) -> bool:
        return key in scope.bound or f"{scope.name}.{key}" in scope.axes

    def _position(self, letter: Letter) -> Term:
        """The number that an index stands for: counted from 0 where its sums are."""
        found: Term = Position(letter)
        if letter.axis in self._from_zero:
            found = Plus((found, _MINUS))
        return found

    def _entry(self, node: Name, array: str, indices: dict[Slot, str], scope: Scope) -> Entry:
        """An entry of an array; a sample's index that is not written is put in."""
        name = self.refer(array, node, scope.position)
        at: list[Index] = []
        for slot in self.layout.slots.get(array, ()):
            axis = self.axis(self.layout.axis(array, slot))
            text = indices.get(slot)
            if text is None:
                at.append(self._unwritten(node, axis, scope))
            elif text.isdigit():
                zero = axis in self._from_zero
                at.append(Place(int(text) + zero, axis))
            else:
                letter = scope.letter(text)
                if letter.axis.startswith("?"):
                    letter = Letter(letter.name, axis)
                if letter.axis != axis:
                    self.misfits.add((letter.axis, axis))
                at.append(letter)
        at += [self._carried(x, scope) for x in self.carried.get(name, ())]
        own = self.definitions.get(name)
        if own is not None and own.letters and own.letters[-1].name == FORMAL:
            assert self.sample is not None
            at.append(own.letters[-1] if self._formal else self.sample)
        return Entry(name, tuple(at), span=node.span)

    def _carried(self, letter: Letter, scope: Scope) -> Letter:
        """An index that stands on the right of a definition only: the name carries it on."""
        if not self.is_sample(letter):
            return Letter(f"{letter.name}°", letter.axis)  # no sum around it is meant for it
        known = self._beside(letter.axis, scope)
        return known[0] if len({x.name for x in known}) == 1 else letter

    def is_sample(self, letter: Letter) -> bool:
        """Whether a letter runs over the samples."""
        return letter.axis in self._samples

    def _unwritten(self, node: Name, axis: str, scope: Scope) -> Letter:
        """The index that is meant where none is written: only ever the samples'."""
        if axis not in self._samples:
            raise Unmeant(f"{node.key} stands without its index")
        known = self._beside(axis, scope)
        if len({x.name for x in known}) > 1:
            raise Unmeant(f"{node.key} stands without its index")
        return known[0] if known else Letter("·", axis)

    @staticmethod
    def _beside(axis: str, scope: Scope) -> list[Letter]:
        """The letters of an axis that are bound here, or free in the statement."""
        known = [x for x in scope.bound.values() if x.axis == axis]
        free = [Letter(s.rsplit(".", 1)[1], a) for s, a in scope.axes.items() if _is_free(s, scope)]
        return known + [x for x in free if x.axis == axis]

    def _is_euler(self) -> bool:
        """Whether e is a number: the page neither defines nor trains it."""
        return not self.versions.get("e") and "e" not in self.layout.page.trained

    def _power(self, node: Power, scope: Scope) -> Term:
        base, exponent = node.base, node.exponent
        squared = isinstance(exponent, Number) and exponent.value == 2
        if isinstance(base, Apply) and base.function.base == "norm" and squared:
            return self._square(base.arguments[0], scope)
        if isinstance(base, Name) and base.key == "e" and self._is_euler():
            return Call("exp", (self.term(exponent, scope),), span=node.span)
        return Raised(self.term(base, scope), self.term(exponent, scope), span=node.span)

    def _square(self, inner: Expression, scope: Scope) -> Term:
        """``\\|w\\|^2``: the sum of the squares of all entries of an array."""
        if not isinstance(inner, Name):
            raise Unmeant("a norm of a formula has no axes yet")
        array, written = self.layout.array(inner, scope.near)
        slots = self.layout.slots.get(array, ())
        if not slots and array not in self.versions and not self.layout.is_forward(inner):
            raise Unmeant(f"{inner.key} is no array of the forward equations")
        if written.indices or not slots:
            value = self.term(inner, scope)
            return Raised(value, Constant(Fraction(2)))
        name = self.refer(array, inner, scope.position)
        index = [
            Letter(f"{name}.{k}", self.axis(self.layout.axis(array, s)))
            for k, s in enumerate(slots)
        ]
        body: Term = Raised(Entry(name, tuple(index)), Constant(Fraction(2)))
        for letter in index:
            body = Total(letter, body)
        return body

    def _sum(self, node: Sum, scope: Scope) -> Term:
        if node.index is None:
            return self._sum_of_samples(node, scope)
        text = node.index.base
        axis = scope.axes.get(bound_scope(scope.name, node))
        samples = sorted(self._samples)
        unused = axis is None or axis.startswith("?")
        counted = self.layout.counts.get(node.upper.key) if isinstance(node.upper, Name) else None
        if unused and counted is not None:
            axis = self.axis(counted)
        elif unused and len(samples) == 1:
            axis = samples[0]
        letter = Letter(scope.inner(text), axis or f"?{bound_scope(scope.name, node)}")
        self._check_count(node, letter)
        body = self.term(node.body, scope.binding(text, letter))
        if letter.name not in letters(body):
            letter = Letter(letter.name, self._axis_elsewhere(text, letter))
        return Total(letter, self._within(node, letter, body), span=node.span)

    def _axis_elsewhere(self, text: str, letter: Letter) -> str:
        """The axis of an index that stands nowhere in its sum: that of the letter on the page."""
        known = {self.axis(a) for a in self.layout.letters.get(text, ())}
        if not letter.axis.startswith("?") and letter.axis in known | set(self._counted):
            return letter.axis
        if len(known) != 1:
            raise Unmeant(f"the index {text} of a sum stands nowhere in it")
        return known.pop()

    @property
    def _counted(self) -> list[str]:
        return [self.axis(a) for a in self.layout.counts.values()]

    def _within(self, node: Sum, letter: Letter, body: Term) -> Term:
        """The body of a sum, 0 where its bounds leave positions out. Raises Unmeant."""
        tests: list[Test] = []
        lower, upper = node.lower, node.upper
        shift = Fraction(0)
        if isinstance(lower, Number):
            if lower.value == 0:
                shift = Fraction(1)  # counted from 0
            elif lower.value != 1:
                tests.append(Test(Position(letter), ">=", Constant(lower.value)))
        elif lower is not None:
            raise Unmeant("a sum that begins at another index is not kept yet")
        less = _less_than(upper)
        if less is not None:
            if less - shift > 0:
                last = Plus((Extent(letter.axis), Constant(shift - less)))
                tests.append(Test(Position(letter), "<=", last))
        elif isinstance(upper, Name) and shift and self.is_sample(letter):
            raise Unmeant("a sum from 0 to its count has one term too many")
        elif upper is not None and not isinstance(upper, Name | Number):
            raise Unmeant("the bounds of a sum do not take in a whole axis")
        elif isinstance(upper, Number) and letter.axis not in self._fixed:
            tests.append(Test(Position(letter), "<=", Constant(upper.value + shift)))
        for test in tests:
            body = Choice(((test, body), (None, Constant(Fraction(0)))))
        return body

    @property
    def _fixed(self) -> set[str]:
        return {self.axis(a) for a in self.layout.lengths}

    def _check_count(self, node: Sum, letter: Letter) -> None:
        """A sum that runs to the count of another axis is a misfit of bounds."""
        if not isinstance(node.upper, Name) or node.upper.key not in self.layout.counts:
            return
        counted = self.axis(self.layout.counts[node.upper.key])
        if counted != letter.axis and not letter.axis.startswith("?"):
            self.bounds.add((letter.name, node.upper.key))

    def _sum_of_samples(self, node: Sum, scope: Scope) -> Term:
        samples = sorted(self._samples)
        if len(samples) != 1:
            raise Unmeant("a sum without an index, where several could be meant")
        letter = Letter("·", samples[0])
        body = self.term(node.body, scope.binding("·", letter))
        if "·" not in letters(body):
            raise Unmeant("a sum without an index, and nothing in it that has one")
        return Total(letter, body, span=node.span)

    # ------------------------------------------------------------------ functions

    def _apply(self, node: Apply, scope: Scope) -> Term:
        key, base = node.function.key, node.function.base
        if key == INDICATOR:
            return _positive(self.term(node.arguments[0], scope))
        if base == "norm":
            raise Unmeant("a norm that is not squared has no axes yet")
        if base in ("softmax", "Softmax"):
            return self._softmax(node, scope)
        if base == "max" and len(node.arguments) == 2:
            one, other = (self.term(a, scope) for a in node.arguments)
            if not any(isinstance(side, Constant) for side in (one, other)):
                self.doubt = "which of two is the greater depends on what the page does not say"
            if isinstance(one, Constant):  # max(0, a) is relu(a), without what rounds
                one, other = other, one
            other = self._once(other)
            relu = Call("relu", (Plus((one, Times((_MINUS, other)))),))
            return Plus((relu, other), span=node.span)
        if base in ("log", "lg") and node.function.subscript not in ("", "e"):
            raise Unmeant("a logarithm to another base has no rule here")
        if self._is_value(node):
            return self._name(node.function, scope)
        meaning = self.functions.get(key)
        known = meaning.known if meaning is not None else BY_NAME.get(key)
        if base in ("log", "ln", "lg"):
            known = "log"
        if known is None and key in FUNCTIONS:
            known = key
        if known is not None and known in FUNCTIONS and known not in (*BASIC, "identity"):
            return self._formed(node, known, scope)
        arguments = tuple(self.term(a, scope) for a in node.arguments)
        if known == "identity" and len(arguments) == 1:
            return arguments[0] if not node.order else Constant(Fraction(node.order == 1))
        if known is not None:
            return Call(known, arguments, node.order, span=node.span)
        own = self.layout.page.bodies.get(key)
        if own is not None:
            return self._expanded(node, FunctionMeaning(None, *own), arguments, scope)
        if meaning is not None and meaning.body is not None:
            raise Unmeant(f"{key} is no function of numbers")
        if base in ("mean", "avg", "sum", "norm", "diag", "min", "max", "argmax", "softmax"):
            raise Unmeant(f"{base} has no axes yet")
        self._check_arguments(node)
        return Call(key, arguments, node.order, span=node.span)

    def _check_arguments(self, node: Apply) -> None:
        """``R(W)`` of a name that is no array of the page: what it depends on is not known."""
        for argument in node.arguments:
            if not isinstance(argument, Name):
                continue
            array, _ = self.layout.array(argument)
            known = array in self.versions or self.layout.slots.get(array)
            if not known and not self.layout.is_forward(argument):
                raise Unmeant(f"{argument.key} is no array of the forward equations")

    def _is_value(self, node: Apply) -> bool:
        """Whether ``\\hat y(x)`` is the value that the page defines. Raises Unmeant elsewhere."""
        key = node.function.key
        try:
            array, _ = self.layout.array(node.function)
        except Unmeant:
            return False
        if node.order or not self.versions.get(array):
            return False
        given = [a.base if isinstance(a, Name) else "" for a in node.arguments]
        if given != list(self.layout.page.valued.get(key, given)):
            raise Unmeant(f"{key} is taken at something else than where it is defined")
        return True

    def _formed(self, node: Apply, known: str, scope: Scope) -> Term:
        """A function that is put in other words: GELU, SiLU, the hyperbolic cosine."""
        form = form_of(known, node.order, node.arguments[0]) if len(node.arguments) == 1 else None
        if form is None:
            raise Unmeant(f"a derivative of {known} has no rule here")
        return self.term(form, scope)

    def _expanded(
        self, node: Apply, meaning: FunctionMeaning, arguments: tuple[Term, ...], scope: Scope
    ) -> Term:
        """A function that the page defines, put in; its slope is that of the formula."""
        assert meaning.body is not None
        if scope.depth > 8:
            raise Unmeant("functions are defined in a circle")
        if len(meaning.formals) != len(arguments):
            raise Unmeant(f"{node.function.key} with {len(arguments)} arguments is not defined")
        formals: dict[str, Term] = dict(zip(meaning.formals, arguments, strict=True))
        if node.order:
            if len(arguments) != 1 or node.order > 1:
                raise Unmeant("a higher derivative of a function that the page defines")
            at = self._argument(arguments[0])
            formals = {meaning.formals[0]: at}
        inner = Scope(
            scope.name, scope.axes, scope.position, dict(scope.bound), formals,
            scope.depth + 1, scope.near,
        )  # fmt: skip
        body = self.term(meaning.body, inner)
        if not node.order:
            return body
        by = formals[meaning.formals[0]]
        assert isinstance(by, Entry)
        return Slope(body, by, span=node.span)

    def _argument(self, argument: Term) -> Entry:
        """The argument of a slope as an entry of its own."""
        if isinstance(argument, Entry):
            return argument
        name = f"~argument{len(self.definitions)}"
        index = tuple(letters(argument).values())
        self.definitions[name] = Definition(name, index, argument)
        return Entry(name, index)

    def _once(self, term: Term) -> Term:
        """A term that stands at two places, as an entry of its own: nested ones must not grow."""
        return term if isinstance(term, Constant | Entry) else self._argument(term)

    def _softmax(self, node: Apply, scope: Scope) -> Term:
        if len(node.arguments) != 1 or node.order:
            raise Unmeant("softmax is read of one name")
        inner = self.term(node.arguments[0], scope)
        own = [x for x in letters(inner).values() if x.axis not in self._samples]
        if not isinstance(inner, Entry) or len(own) != 1:
            raise Unmeant("softmax is read of one name with one index")
        other = Letter(f"{own[0].name}*", own[0].axis)
        at = tuple(other if i == own[0] else i for i in inner.at)
        total = Total(other, Call("exp", (Entry(inner.name, at),)))
        return Over(Call("exp", (inner,)), total, span=node.span)

    # ------------------------------------------------------------------ derivatives

    def _partial(self, node: Partial, scope: Scope) -> Term:
        by = node.by
        while isinstance(by, Cancel | Underbrace):
            by = by.operand
        if not isinstance(by, Name) or by.key in scope.formals:
            raise Unmeant("a derivative by something that is not a name")
        at = self._name(by, scope)
        if not isinstance(at, Entry):
            raise Unmeant(f"a derivative by {by.key}")
        if isinstance(node.of, Name) and node.of.key in self.layout.page.opaque:
            if node.order != 1:
                raise Unmeant(f"a second derivative of {node.of.key}, which is not known")
            return self._of_unknown(node.of.key, at)
        of = self._differentiated(node.of, at, scope)
        found: Term = of
        for _ in range(node.order):
            found = Slope(found, at, span=node.span)
        return found

    def _differentiated(self, of: Expression, at: Entry, scope: Scope) -> Term:
        if isinstance(of, Name) and of.key in self.functions and not self.versions.get(of.key):
            return self._apply_to(of, at, scope)
        if isinstance(of, Name) and is_loss_name(of) and of.key not in scope.formals:
            array, written = self.layout.array(of, scope.near)
            if array not in self.versions and not written.indices:
                return self._some_loss(of, scope)
        return self.term(of, scope)

    def _apply_to(self, function: Name, at: Entry, scope: Scope) -> Term:
        """``\\partial\\sigma/\\partial z``: the function at that argument."""
        inner = Scope(
            scope.name, scope.axes, scope.position, dict(scope.bound), {"~": at},
            scope.depth, scope.near,
        )  # fmt: skip
        return self._apply(Apply(function, (Name("~"),)), inner)

    def _of_unknown(self, loss: str, at: Entry) -> Term:
        """The derivative of a loss of which nothing is known: by way of its outermost arrays."""
        paths: list[Term] = []
        for binding in self.layout.page.outermost:
            array, _ = self.layout.array(binding.name)
            name = self.refer(array, binding.name, self.place + 1)
            if name == at.name:
                return Entry(self._upstream(loss, array), at.at)
            head = self.definitions[name].letters
            own = tuple(Letter(f"{x.name}~{array}", x.axis) for x in head)
            outer = Entry(self._upstream(loss, array), own)
            path: Term = Times((outer, Slope(Entry(name, own), at)))
            for letter in own:
                path = Total(letter, path)
            paths.append(path)
        if not paths:
            raise Unmeant(f"{loss} is not defined")
        return paths[0] if len(paths) == 1 else Plus(tuple(paths))

    def _upstream(self, loss: str, array: str) -> str:
        """The partial of an unknown loss by an outermost array: as given, else free."""
        name = f"∂{loss}/∂{array}"
        if name in self.free or name in self.definitions:
            return name
        slots = self.layout.slots.get(array, ())
        axes = tuple(self.axis(self.layout.axis(array, s)) for s in slots)
        given = self.given.get(loss, {}).get(array)
        if given is None:
            self.free[name] = Free(name, axes)
            return name
        statement, _, head, body = given
        scope = self.scope([head, body], f"s{statement.number}", statement.position)
        assert isinstance(head.by, Name)
        _, written = self.layout.array(head.by, scope.near)
        index = tuple(
            Letter(dict(written.indices).get(slot, "·"), axis)
            for slot, axis in zip(slots, axes, strict=True)
        )
        term = self.term(body, scope)
        if any(x not in {i.name for i in index} for x in letters(term)):
            raise Unmeant("an index of what is given stands on one side only")
        self.definitions[name] = Definition(name, index, term)
        return name

    def _some_loss(self, node: Name, scope: Scope) -> Term:
        """A loss's name that nothing defines means the loss of the place."""
        if node.key in self.layout.page.heads:
            raise Unmeant(f"{NOT_READ} {node.key}")
        meant = self.layout.page.loss_at(scope.position)
        if meant is None:
            raise Unmeant(f"{node.key} is not defined")
        rival = self.layout.page.rival_of(meant)
        if rival is not None:
            raise Unmeant(f"{node.key} may be {rival.name.key} or {meant.name.key}")
        array, written = self.layout.array(meant.name)
        if written.indices:
            raise Unmeant(f"{node.key} is not defined")
        return self._entry(node, array, {}, scope)

    # ------------------------------------------------------------------ definitions

    def refers(self, array: str, position: int) -> Defined | None:
        """The definition that a name at a position means, as seen from this place."""
        several = self.versions.get(array)
        if not several:
            return None
        before = [d for d in several if d.place < position]
        current = before[-1] if before else several[0]
        for later in several[current.version + 1 :]:
            if later.place > self.place or later.again == "anew":
                break
            current = later
        return current

    def refer(self, array: str, node: Name, position: int) -> str:
        """The name in the world of what a name means; its definition is made if there is one."""
        defined = self.refers(array, position)
        self._check_read(array, defined, node, position)
        if defined is None:
            self.names.setdefault(array, node)
            if array not in self.free:
                slots = self.layout.slots.get(array, ())
                axes = tuple(self.axis(self.layout.axis(array, s)) for s in slots)
                self.free[array] = Free(array, axes)
            return array
        name = array if defined.version == 0 else f"{array}#{defined.version}"
        one = self.sample is not None and self._is_loss(defined)
        name += ONE_SAMPLE if one else ""
        self.names.setdefault(name, node)
        if name not in self.definitions and name not in self._failed:
            self._define_in_turn(_Wanted(name, array, defined, one))
        if name in self._failed:
            raise Unmeant(self._failed[name])
        return name

    def _check_read(self, array: str, defined: Defined | None, node: Name, position: int) -> None:
        """Raises Unmeant where a definition that was not read may be the one that is meant."""
        places = self.layout.page.unread.get(node.key, ())
        since = defined.place if defined is not None else -1
        if any(since < place <= max(position, self.place) for place in places) or (
            places and defined is None
        ):
            raise Unmeant(f"{NOT_READ} {node.key}")
        if defined is not None and defined.doubt:
            raise Unmeant(defined.doubt)

    def _is_loss(self, defined: Defined) -> bool:
        return any(defined.binding.span == loss.span for loss in self.layout.page.losses)

    def _define_in_turn(self, wanted: _Wanted) -> None:
        """Make a definition; what lies far below it is made first, and not inside of it."""
        if self._open:
            if len(self._open) >= _FAR_BELOW:
                raise _TooFarBelow(wanted)
            self._define(wanted.name, wanted.array, wanted.defined, wanted.one)
            return
        waiting = [wanted]
        while waiting:
            one = waiting[-1]
            try:
                if one.name not in self.definitions and one.name not in self._failed:
                    self._define(one.name, one.array, one.defined, one.one)
                waiting.pop()
            except _TooFarBelow as far:
                if far.wanted.name in {w.name for w in waiting}:
                    reason = f"{far.wanted.defined.head.key} is computed from itself"
                    self._failed[far.wanted.name] = reason
                waiting.append(far.wanted)

    def _define(self, name: str, array: str, defined: Defined, one: bool) -> None:
        if name in self._open:
            raise Unmeant(f"{defined.head.key} is computed from itself")
        self._open.append(name)
        try:
            self.definitions[name] = self._definition(name, array, defined, one)
        except Unmeant as trouble:
            self._failed[name] = trouble.reason
        finally:
            self._open.remove(name)

    def _definition(self, name: str, array: str, defined: Defined, one: bool) -> Definition:
        binding = defined.binding
        before = set(self.misfits)
        scope = self.scope([binding.name, binding.body], f"s{binding.statement}", defined.place)
        _, written = self.layout.array(binding.name)
        given = dict(written.indices)
        head: list[Letter] = []
        for slot in self.layout.slots.get(array, ()):
            axis = self.axis(self.layout.axis(array, slot))
            text = given.get(slot)
            if text is None:
                if axis not in self._samples:
                    raise Unmeant(f"{binding.name.key} is defined without its index")
                head.append(Letter("·", axis))
            elif text.isdigit():
                raise Unmeant(f"{binding.name.key} is one entry of several")
            else:
                head.append(Letter(text, axis))
        if one:
            self._formal = True
            try:
                body = self._of_one_sample(defined, scope)
            finally:
                self._formal = False
            head += [x for x in letters(body).values() if x.name == FORMAL]
        else:
            body = self.term(binding.body, scope)
        if self.misfits - before:
            if binding.span in self.layout.forward:
                raise Unmeant(f"the indices of {binding.name.key} do not fit")
            self.unfit[name] = min(self.misfits - before)
        named = {h.name for h in head}
        loose = tuple(x for x in letters(body).values() if x.name not in named)
        if any(not self.is_sample(x) for x in loose) and binding.span in self.layout.forward:
            words = f"the index {loose[0].name} of {binding.name.key} stands on one side only"
            raise Unmeant(words)
        if loose:
            self.carried[name] = loose
        return Definition(name, (*head, *loose), body)

    # ------------------------------------------------------------------ the loss of one sample

    def _of_one_sample(self, defined: Defined, scope: Scope) -> Term:
        """The part of a loss that one sample gives, with the penalty whole."""
        assert self.sample is not None
        sums = {
            to_key(o.node): o.node
            for o in outer_sums(self.layout, defined.binding)
            if self.axis(o.axis) == self.sample.axis
        }
        body = defined.binding.body
        bare = [n for n in _linear(body) if isinstance(n, Sum) and n.index is None]
        sums |= {to_key(n): n for n in bare}
        return self._stripped(body, scope, set(sums), not self.mean)

    def _stripped(self, node: Expression, scope: Scope, sums: set[str], drop: bool) -> Term:
        assert self.sample is not None
        if to_key(node) in sums and isinstance(node, Sum):
            text = node.index.base if node.index is not None else "·"
            formal = Letter(FORMAL, self.sample.axis)
            return self.term(node.body, scope.binding(text, formal))
        if not any(to_key(n) in sums for n in _linear(node)):
            return self.term(node, scope)
        match node:
            case Add(terms=terms):
                return Plus(tuple(self._stripped(t, scope, sums, drop) for t in terms))
            case Negate(operand=operand):
                return Times((_MINUS, self._stripped(operand, scope, sums, drop)))
            case Multiply(factors=factors):
                kept = [f for f in factors if not (drop and _is_mean(f, self.layout))]
                return Times(tuple(self._stripped(f, scope, sums, drop) for f in kept))
            case Divide(numerator=numerator, denominator=denominator):
                above = self._stripped(numerator, scope, sums, drop)
                return Over(above, self.term(denominator, scope))
        return self.term(node, scope)


class _Fresh(dict[str, str]):
    """Axes of letters; one that stands beside nothing known has an axis of its own."""

    def __missing__(self, key: str) -> str:
        return f"?{key}"


def _is_free(scope: str, inside: Scope) -> bool:
    return scope.startswith(f"{inside.name}.") and scope.count(".") == 1


def _linear(node: Expression) -> list[Expression]:
    """The parts of a sum of products, as far as only constants stand around them."""
    found, stack = [], [node]
    while stack:
        inner = stack.pop()
        found.append(inner)
        if isinstance(inner, Add | Negate | Multiply):
            stack += list(inner.children())
        elif isinstance(inner, Divide):
            stack.append(inner.numerator)
    return found


def _is_mean(node: Expression, layout: Layout) -> bool:
    """Whether a factor is 1/N."""
    return (
        isinstance(node, Divide)
        and isinstance(node.numerator, Number)
        and isinstance(node.denominator, Name)
        and node.denominator.key in layout.counts
    )


def _less_than(node: Expression | None) -> Fraction | None:
    """How much is taken off a count: 1 of ``N - 1``; None where it is no such thing."""
    if not isinstance(node, Add) or len(node.terms) != 2 or not isinstance(node.terms[0], Name):
        return None
    last = node.terms[1]
    if isinstance(last, Negate) and isinstance(last.operand, Number):
        return last.operand.value
    return None


def _positive(term: Term) -> Term:
    """1 where a term is positive, 0 where it is negative."""
    zero = Constant(Fraction(0))
    return Choice(((Test(term, ">", zero), _ONE), (None, zero)))
