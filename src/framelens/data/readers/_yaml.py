"""The few keys of a data set's YAML, as text: nothing is built, run or expanded."""

from __future__ import annotations

from typing import Any

import yaml

from framelens.data.given import decode
from framelens.errors import DataError

__all__ = ["load_text"]

_MOST_ALIASES = 100
_LARGEST = 10_000_000
_EXPECTED = "a data.yaml is a mapping with names, train and val"


def load_text(data: bytes, name: str) -> tuple[dict[str, Any], int]:
    """Return the top level of a YAML mapping with every scalar as its text, and the alias count.

    ``no`` stays ``"no"`` and ``010`` stays ``"010"``: class names are text. Values that hold aliases are
    expanded only as far as they are small.

    Raises
    ------
    DataError
        Broken YAML, a tag that would build an object, more than 100 aliases, or a key twice.

    Examples
    --------
    >>> load_text(b"names: [no, 1e3, null]", "data.yaml")[0]
    {'names': ['no', '1e3', 'null']}
    """
    if len(data) > _LARGEST:
        raise DataError(f"{len(data):,} bytes are too much for a YAML file of a data set", file=name, remedy=_EXPECTED)
    text = decode(data, name)
    aliases = 0
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            tag = getattr(event, "tag", None)
            if tag and tag.startswith(("tag:yaml.org,2002:python/", "!")):
                where = f"line {event.start_mark.line + 1}" if event.start_mark else None
                raise DataError(
                    f"tag {tag.rsplit(':', 1)[-1]} builds an object; only plain values are read", file=name, where=where
                )
            aliases += isinstance(event, yaml.AliasEvent)
        if aliases > _MOST_ALIASES:
            raise DataError(f"{aliases} aliases; a data set needs none", file=name)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else None
        raise DataError(f"not valid YAML: {getattr(error, 'problem', None) or error}", file=name, where=place) from None
    except RecursionError:
        raise DataError("nested too deep", file=name, remedy=_EXPECTED) from None
    if not isinstance(node, yaml.MappingNode):
        raise DataError("no mapping", file=name, remedy=_EXPECTED)
    return _Converter(name).mapping(node, depth=0), aliases


class _Converter:
    """Turns nodes into text, lists and dicts, up to a number of values."""

    def __init__(self, name: str) -> None:
        self.name, self.left = name, 200_000

    def value(self, node: yaml.Node, depth: int) -> Any:
        self.left -= 1
        if depth > 20 or self.left < 0:
            raise DataError("nested too deep, or aliases make this file too large", file=self.name, remedy=_EXPECTED)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        return str(node.value)

    def mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            text = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if text in found:
                raise DataError(
                    f"the key {text!r} comes twice", file=self.name, where=f"line {key.start_mark.line + 1}"
                )
            found[text] = self.value(value, depth + 1)
        return found
