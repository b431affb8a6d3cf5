"""Front matter: the YAML between ``---`` lines at the very start of a document.

It comes from people we do not know, so it is small, flat and plain: no anchors or aliases (a
few lines of them expand to gigabytes), no tags, a known set of keys.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yaml import Event, MappingNode, Node

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
    "abstract author authors bibliography categories category course date description draft "
    "execute format geometry header-includes image jupyter jupytext kernelspec keywords lang "
    "layout license math mathjax output permalink published slug subtitle summary tags theme "
    "toc weight".split()
)
"""Keys of Jekyll, Hugo, Quarto, Pandoc and MyST: theirs to read, not ours to refuse."""
CHARACTERS = 16_000
DEPTH = 8
NODES = 500

_OPENING = re.compile(r"---[ \t]*\r?\n(?=[^\r\n])")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_KEY_LINE = re.compile(r"[A-Za-z_][\w -]*:(?:\s|$)")
_FREE = frozenset({"title", "source", "verdicts"}) | OTHER_TOOLS_KEYS


class FrontMatterError(Exception):
    """Front matter that cannot be used; ``line`` and ``column`` are those of the document."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse_front_matter(text: str) -> tuple[dict[str, object], int]:
    """The front matter of a text and the offset at which its body begins; ``({}, 0)`` for none.

    A ``---`` line followed by a blank line is a thematic break, as Markdown has it. Raises
    `FrontMatterError`.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return {}, 0
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        if _KEY_LINE.match(text, opening.end()) is None:
            return {}, 0
        raise FrontMatterError("the front matter is not closed; end it with a line '---'")
    if closing.start() - opening.end() > CHARACTERS:
        raise FrontMatterError(f"the front matter is longer than {CHARACTERS:,} characters")
    return _load(text[opening.end() : closing.start()]), closing.end()


def _load(source: str) -> dict[str, object]:
    """The mapping, refused as soon as it is too much and before anything is expanded."""
    import yaml

    try:
        _check_size(source)
        root = yaml.compose(source, Loader=yaml.SafeLoader)
        if root is None:
            return {}
        keys = _check_keys(root)
        values: dict[str, object] = yaml.safe_load(source)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line, column = (mark.line + 2, mark.column + 1) if mark else (1, 1)
        reason = problem.problem or problem.context or "it cannot be parsed"
        raise FrontMatterError(f"the front matter is not YAML: {reason}", line, column) from None
    except (yaml.YAMLError, ValueError, OverflowError) as problem:
        # a control character, the date 2024-99-99, a number of 5,000 digits: no place is given
        reason = str(problem).splitlines()[0]
        raise FrontMatterError(f"the front matter cannot be used: {reason}") from None
    for key, value in values.items():
        if key not in _FREE and not _is_text(value):
            raise FrontMatterError(
                f"front matter key {key!r} takes words, not {_odd_leaf(value)!r}; quote it",
                *keys[key],
            )
    return values


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


def _check_keys(root: Node) -> dict[str, tuple[int, int]]:
    """The place of every key. Raises `FrontMatterError` for one that is unknown or double."""
    import yaml

    if not isinstance(root, yaml.MappingNode):
        raise FrontMatterError("the front matter must be lines of 'key: value'", 2)
    mapping: MappingNode = root
    places: dict[str, tuple[int, int]] = {}
    for key, _ in mapping.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            raise _at(key, "a key of the front matter must be a word")
        if key.value in places:
            raise _at(key, f"front matter key {key.value!r} is given twice")
        if key.value not in KEYS and key.value not in OTHER_TOOLS_KEYS:
            raise _at(key, _unknown_key(key.value))
        places[key.value] = (key.start_mark.line + 2, key.start_mark.column + 1)
    return places


def _at(place: Event | Node, message: str) -> FrontMatterError:
    mark = place.start_mark
    return FrontMatterError(message, *((mark.line + 2, mark.column + 1) if mark else (1, 1)))


def _unknown_key(key: str) -> str:
    near = get_close_matches(key, KEYS, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"gradcheck knows {', '.join(KEYS)}"
    return f"unknown front matter key {key[:40]!r}; {advice}"


def _is_text(value: object) -> bool:
    """Whether all leaves are words: ``yes``, ``1`` and dates are not, as YAML reads them."""
    match value:
        case str() | None:
            return True
        case list():
            return all(_is_text(item) for item in value)
        case dict():
            return all(isinstance(key, str) and _is_text(item) for key, item in value.items())
    return False


def _odd_leaf(value: object) -> str:
    match value:
        case list():
            return next(_odd_leaf(item) for item in value if not _is_text(item))
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    return str(key)[:40]
                if not _is_text(item):
                    return _odd_leaf(item)
    return str(value)[:40]
