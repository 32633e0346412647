"""YAML as plain data, and the line on which each part of it is said. Pure."""

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from fleet.errors import Refused
from fleet.web.language import gettext as _


class Broken(Refused):
    """It is no YAML, or not of the kind meant here; `line` says where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class Document:
    """`data` has dicts, lists, texts, numbers, truths and None; `lines` is by `rooms[2].name`."""

    data: Any
    lines: dict[str, int] = field(default_factory=dict)


def read(text: str) -> Document:
    """One document.

    Raises:
        Broken: it is not one, a key is there twice, or a key is no text.
    """
    try:
        loader = yaml.CSafeLoader(text)
        try:
            node = loader.get_single_node()
            found = Document(None)
            if node is not None:
                found.data = _plain(loader, node, "", found.lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Broken(mark.line + 1 if mark else 1, str(error.problem)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Broken(1, str(error).partition("\n")[0]) from error
    return found


def _plain(loader: Any, node: Node, name: str, lines: dict[str, int]) -> Any:
    lines.setdefault(name, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                raise Broken(line, _("A key has to be a word."))
            key = str(key_node.value)
            if key in made:
                raise Broken(line, _("%(key)s is there twice.", key=key))
            inner = f"{name}.{key}" if name else key
            lines[inner] = line
            made[key] = _plain(loader, value_node, inner, lines)
        return made
    if isinstance(node, SequenceNode):
        return [
            _plain(loader, one, f"{name}[{number}]", lines) for number, one in enumerate(node.value)
        ]
    return loader.construct_object(node)


def write(data: Any) -> str:
    """The same data as text, always alike: keys in the order given, letters as they are."""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )


class _Dumper(yaml.CSafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Whatever it is."""
        return True
