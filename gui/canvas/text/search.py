"""The search index of a graph: nodes by name and symbol, operations and groups. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

from engine.messages.topology import NodeInfo, Topology
from engine.support.text import tr
from gui.canvas.graph.node_look import node_title
from gui.canvas.graph.visible import GroupPath

PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "0123456789" * 2, "⁽⁾")
# Most entries in the list of matches; with more, users type on to narrow it.
MOST_SHOWN = 60

SearchKind = Literal["node", "group", "op"]


@dataclass(frozen=True)
class SearchEntry:
    """A search result: a node, a group, or all nodes of one operation.

    ``text`` is what is typed for it, ``note`` says what it is; ``node`` is the topology's node
    (the first of an operation), ``path`` the group's path.
    """

    kind: SearchKind
    text: str
    note: str
    node: int
    path: GroupPath = ()


class SearchPlace(NamedTuple):
    """A place to go to: a node of the topology, or the group with this ``path``."""

    node: int
    path: GroupPath = ()


class SearchIndex:
    """The search index of one topology. Plain letters match symbols too: W1 finds W⁽¹⁾."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        nodes = topology.nodes
        self._ops: dict[str, list[int]] = {}
        for node in nodes:
            if node.kind == "operation":
                self._ops.setdefault(node.op, []).append(node.index)
        groups: dict[GroupPath, int] = {}
        for path, index in {node.group: node.index for node in reversed(nodes)}.items():
            for depth in range(1, len(path) + 1):
                groups[path[:depth]] = min(index, groups.get(path[:depth], index))
        paths = sorted(groups, key=lambda path: groups[path])
        # Each node by its title on screen, then by its name.
        one_each: list[tuple[SearchKind, int, GroupPath]] = [
            ("node", node.index, ()) for node in nodes
        ]
        self._meant = one_each * 2
        self._meant += [("group", groups[path], path) for path in paths]
        self._meant += [("op", found[0], ()) for found in self._ops.values()]
        self._names = [node_title(node) for node in nodes] + [node.name for node in nodes]
        self._names += ["/".join(path) for path in paths] + [*self._ops]
        # Normalising one long text is far faster than thousands of short ones.
        self._plain = plain("\n".join(self._names)).split("\n")

    def search(
        self, text: str, most: int = MOST_SHOWN
    ) -> tuple[list[SearchPlace], list[SearchEntry]]:
        """Return the places of the best match, and the first ``most`` matching entries, best first.

        Whole names, then beginnings, then parts of names; an operation leads to all its nodes.
        """
        rows = self._ranked(plain(text.strip()))
        places: dict[SearchPlace, None] = {}
        listed: dict[tuple[SearchKind, int, GroupPath], int] = {}
        for row in rows:
            kind, node, path = self._meant[row]
            # A node is listed once, by whichever of its names fits best.
            listed.setdefault(self._meant[row], row)
            if kind == "op":
                places.update(
                    dict.fromkeys(SearchPlace(one) for one in self._ops[self._names[row]])
                )
            else:
                places[SearchPlace(node, path)] = None
        entries = [
            SearchEntry(
                kind, self._names[row], self._note(self._names[row], kind, node, path), node, path
            )
            for (kind, node, path), row in islice(listed.items(), most)
        ]
        return list(places), entries

    def _ranked(self, wanted: str) -> list[int]:
        if not wanted:
            return []
        found = [row for row, name in enumerate(self._plain) if wanted in name]
        ranks: tuple[list[int], list[int], list[int]] = ([], [], [])
        for row in found:
            name = self._plain[row]
            ranks[0 if name == wanted else 1 if name.startswith(wanted) else 2].append(row)
        return [row for rank in ranks for row in rank]

    def _note(self, name: str, kind: SearchKind, node: int, path: GroupPath) -> str:
        if kind == "op":
            count = len(self._ops[name])
            many = tr("operation, {n} nodes").format(n=count)
            return tr("operation, 1 node") if count == 1 else many
        if kind == "group":
            return tr("group")
        return _node_note(self._topology.nodes[node], name)


def _node_note(info: NodeInfo, name: str) -> str:
    kinds = {
        "input": tr("input"),
        "parameter": tr("parameter"),
        "constant": tr("constant"),
        "operation": info.op,
    }
    other = info.name if name != info.name else node_title(info)
    parts = [other] if other != name else []
    parts.append(kinds[info.kind])
    if info.group:
        parts.append(tr("in {group}").format(group=" / ".join(info.group)))
    return " · ".join(parts)


def plain(text: str) -> str:
    """Return a name in lower case and with plain digits, for matching.

    >>> plain("W⁽¹²⁾"), plain("h₂")
    ('w12', 'h2')
    """
    return text.casefold().translate(PLAIN)
