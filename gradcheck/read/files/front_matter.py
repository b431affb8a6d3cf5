"""Front matter: the YAML between ``---`` lines at the very start of a document.

In LaTeX all these lines are comments: ``% ---``, ``% inputs: [x]``, ``% ---``.

It comes from people we do not know, so it is small, flat and plain: no anchors or aliases (a
few lines of them expand to gigabytes), no tags. Keys that gradcheck does not use are disregarded,
unless they look like a slip of one that it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from gradcheck.language.document import Span

if TYPE_CHECKING:
    from yaml import Event, MappingNode, Node, ScalarNode

KEYS = (
    "title",
    "source",
    "parameters",
    "inputs",
    "labels",
    "activations",
    "setup",
    "code",
    "readings",
    "verdicts",  # what a sample document of the tests expects; the tool itself disregards it
)
OTHER_TOOLS_KEYS = frozenset(
    "abstract alias aliases author authors bibliography categories category course cssclass "
    "cssclasses date description draft editor excerpt execute exports filters format geometry "
    "header header-includes image jupyter jupytext kernelspec keywords label lang lastmod layout "
    "license math mathjax myst mystnb output pagetitle param params permalink published resources "
    "slug subject subtitle summary tags theme titlepage "
    "toc weight".split()
)
"""Keys of Jekyll, Hugo, Quarto, Pandoc and MyST: theirs to read, not ours to refuse."""
_NEAR = 0.8
"""How like a key of ours another must be to be taken for a slip."""
CHARACTERS = 16_000
DEPTH = 8
NODES = 500

_OPENING = re.compile(r"---[ \t]*\r?\n(?=[^\r\n])")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_COMMENTS = re.compile(r"(?:%[^\n]*(?:\n|\Z))+")
_INDENTED = (
    re.compile(r"[ ]+---[ \t]*\r?\n(?=[^\r\n])"),
    re.compile(r"^[ ]+(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE),
)
_KEY_LINE = re.compile(r"[ ]*[A-Za-z_][\w -]*:(?:\s|$)")
_FREE = frozenset({"title", "source", "verdicts"})
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset("str null bool int float timestamp seq map binary merge value".split())


class FrontMatterError(Exception):
    """Front matter that cannot be used; ``line`` and ``column`` are those of the document."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse_front_matter(text: str, trusted: bool = True) -> tuple[dict[str, object], int]:
    """The front matter of a text and the offset at which its body begins; ``({}, 0)`` for none.

    A ``---`` line followed by a blank line is a thematic break, as Markdown has it. If not
    ``trusted``, it is passed over, whatever it holds. Raises `FrontMatterError`.
    """
    text, first, last = _uncommented(text)
    opening = first.match(text)
    if opening is None:
        return {}, 0
    closing = last.search(text, opening.end())
    if closing is None:
        if not trusted or _KEY_LINE.match(text, opening.end()) is None:
            return {}, 0
        raise FrontMatterError("the front matter is not closed; end it with a line '---'")
    if not trusted:
        return {}, closing.end()
    if closing.start() - opening.end() > CHARACTERS:
        raise FrontMatterError(f"the front matter is longer than {CHARACTERS:,} characters")
    return _load(text[opening.end() : closing.start()]), closing.end()


def _uncommented(text: str) -> tuple[str, re.Pattern[str], re.Pattern[str]]:
    """The text with blanks for the comment signs that it begins with; what opens and closes."""
    comments = _COMMENTS.match(text)
    if comments is None:
        return text, _OPENING, _CLOSING
    bare = re.sub(r"(?m)^%+", lambda signs: " " * len(signs.group()), comments.group())
    return bare + text[comments.end() :], *_INDENTED


def place_of(text: str, key: str, inner: str = "") -> Span:
    """Where a key of the front matter stands, or an entry of it: a key or a word below it."""
    import yaml

    text, first, last = _uncommented(text)
    opening, closing = first.match(text), last.search(text, 4)
    if opening is None or closing is None:
        return Span(0, 0)
    start = opening.end()
    root = yaml.compose(text[start : closing.start()], Loader=yaml.SafeLoader)
    for name, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if name.value == key:
            found = next((node for node in _below(value) if inner and node.value == inner), name)
            return Span(start + found.start_mark.index, start + found.end_mark.index)
    return Span(0, 0)


def _below(node: Node) -> Iterator[ScalarNode]:
    """The words in a value, in their order."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        yield node
    for child in node.value if isinstance(node, yaml.CollectionNode) else ():
        for inner in child if isinstance(child, tuple) else (child,):
            yield from _below(inner)


def _load(source: str) -> dict[str, object]:
    """The mapping, refused as soon as it is too much and before anything is expanded.

    Values stay words: a date or a number that gradcheck does not use is never made one.
    """
    import yaml

    try:
        _check_size(source)
        root = yaml.compose(source, Loader=yaml.SafeLoader)
        if root is None:
            return {}
        _check_keys(root)
        return {
            key.value: _plain(value, _is_free(key.value), key.value not in KEYS)
            for key, value in root.value
        }
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, column = (mark.line + 2, mark.column + 1) if mark else (1, 1)
        reason = problem.problem or problem.context or "it cannot be parsed"
        raise FrontMatterError(f"the front matter is not YAML: {reason}", line, column) from None
    except yaml.YAMLError as problem:  # a control character: no place is given
        reason = str(problem).splitlines()[0]
        raise FrontMatterError(f"the front matter cannot be used: {reason}") from None


def _is_free(key: str) -> bool:
    """Whether gradcheck makes nothing of a value, or takes any word (yes and no)."""
    return key not in KEYS or key in _FREE or key == "readings"


def _plain(node: Node, free: bool, foreign: bool) -> object:
    """Words, lists and mappings of words; ``free`` where any word will do, ``foreign`` where any
    tag will, since nothing is made of it."""
    import yaml

    if node.tag.removeprefix(_TAG) not in _PLAIN_TAGS and not foreign:
        raise _at(node, f"the tag {node.tag[:40]!r} is not YAML that gradcheck reads")
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, free, foreign) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        entries = _entries(node, free)
        return {str(key.value)[:80]: _plain(value, free, foreign) for key, value in entries}
    if node.tag == f"{_TAG}null":
        return None
    if not free and node.tag != f"{_TAG}str":
        raise _at(node, f"the front matter takes words here, not {node.value[:40]!r}; quote it")
    return str(node.value)


def _entries(node: MappingNode, free: bool) -> Iterator[tuple[Node, Node]]:
    """The entries of a mapping; keys that are no words are refused where it matters."""
    for key, value in node.value:
        if not free and key.tag != f"{_TAG}str":
            raise _at(key, f"the front matter takes words here, not {str(key.value)[:40]!r}")
        yield key, value


def _check_size(source: str) -> None:
    """Count over the parser's events, which are not yet expanded."""
    import yaml

    depth = nodes = 0
    for event in yaml.parse(source, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _at(event, "anchors and aliases (& and *) are not allowed in front matter")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > DEPTH:
            raise _at(event, f"front matter nested deeper than {DEPTH} levels")
        if nodes > NODES:
            raise _at(event, f"front matter with more than {NODES} values")


def _check_keys(root: Node) -> None:
    """Raises `FrontMatterError` for a key that is double, or one of ours but for a slip."""
    import yaml

    if not isinstance(root, yaml.MappingNode):
        raise FrontMatterError("the front matter must be lines of 'key: value'", 2)
    mapping: MappingNode = root
    seen: set[str] = set()
    for key, _ in mapping.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _at(key, "a key of the front matter must be a word")
        if key.value in seen:
            raise _at(key, f"front matter key {key.value!r} is given twice")
        if key.value not in KEYS and key.value not in OTHER_TOOLS_KEYS:
            near = get_close_matches(key.value, KEYS, n=1, cutoff=_NEAR)
            if near:
                words = f"unknown front matter key {key.value[:40]!r}; did you mean {near[0]!r}?"
                raise _at(key, words)
        seen.add(key.value)


def _at(place: Event | Node, message: str) -> FrontMatterError:
    mark = place.start_mark
    return FrontMatterError(message, *((mark.line + 2, mark.column + 1) if mark else (1, 1)))
