"""The visible graph: the topology with each closed group drawn as one node. No Qt.

A group is closed unless its path is in ``opened``. Edges from and to closed groups are
aggregated; each visible edge lists the topology's edges that it stands for.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.messages.frame import Frame
from engine.messages.topology import Dense, Topology, gradient_group
from engine.support.norms import norms_by_group

GroupPath = tuple[str, ...]
# Up to this many nodes all groups are open at first; in a larger graph groups are closed.
OPEN_UP_TO = 34


@dataclass(frozen=True)
class VisibleNode:
    """A node of the topology (``group`` is None), or a closed group of nodes.

    ``members`` are indices of the topology; ``norm_of`` those whose gradients its magnitude
    is taken over: its parameters, or all of them where it has none. ``board``: the layer whose
    neurons are drawn in place of a card.
    """

    index: int
    members: tuple[int, ...]
    norm_of: tuple[int, ...]
    group: GroupPath | None
    cluster: int | None
    operations: int = 0
    parameters: int = 0
    board: Dense | None = None

    @property
    def node(self) -> int | None:
        """The topology's node, or None for a closed group."""
        return self.members[0] if self.group is None else None


@dataclass(frozen=True)
class VisibleEdge:
    """An edge from visible node to visible node, standing for ``edges`` of the topology."""

    index: int
    source: int
    target: int
    edges: tuple[int, ...]
    differentiable: bool


@dataclass(frozen=True)
class Cluster:
    """An open group: its path and the open group around it (index into ``clusters``)."""

    index: int
    path: GroupPath
    parent: int | None


@dataclass(frozen=True)
class VisibleGraph:
    """Nodes, edges and open groups that the canvas draws for one topology and one ``opened``."""

    topology: Topology
    opened: frozenset[GroupPath]
    nodes: tuple[VisibleNode, ...]
    edges: tuple[VisibleEdge, ...]
    clusters: tuple[Cluster, ...]
    shown_as: tuple[int, ...] = field(repr=False, default=())

    def fits(self, frame: Frame) -> bool:
        """Whether a frame's numbers are those of this graph's topology, in the order shown."""
        topology = self.topology
        same = frame.generation == topology.generation
        return same and len(frame.value_ready) == len(topology.nodes)

    def node_norms(self, frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return gradient norms (nodes,), and for each whether all its members' are computed."""
        return self._node_sums.norms(frame.gradient_norm, frame.gradient_ready)

    def edge_norms(self, frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return L2 norms of the contributions (edges,), and for each whether all are computed."""
        return self._edge_sums.norms(frame.contribution_norm, frame.contribution_ready)

    def values_ready(self, frame: Frame) -> NDArray[np.bool_]:
        """Return for each visible node whether the values of all its members are computed."""
        missing = np.bincount(np.array(self.shown_as), ~frame.value_ready, len(self.nodes))
        return missing == 0

    @cached_property
    def node_exists(self) -> NDArray[np.bool_]:
        """Whether the visible node has a gradient at all (nodes,)."""
        nodes = self.topology.nodes
        return np.array([any(nodes[i].differentiable for i in n.norm_of) for n in self.nodes], bool)

    @cached_property
    def members_of(self) -> "dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]]":
        """The members whose quantity each visible node shows: (index, owner) by kind of member.

        A closed group shows that of its parameters or of its operations, where it has any.
        """
        nodes = self.topology.nodes
        operations = [
            [i for i in n.members if nodes[i].kind == "operation"] or n.members for n in self.nodes
        ]
        of: dict[str, list[Sequence[int]]] = {
            "parameters": [n.norm_of for n in self.nodes],
            "operations": [*operations],
        }
        sums = {name: _Sums.of([list(group) for group in groups]) for name, groups in of.items()}
        return {name: (found.index, found.owner) for name, found in sums.items()}

    @cached_property
    def edge_exists(self) -> NDArray[np.bool_]:
        """Whether the visible edge carries a gradient at all (edges,)."""
        return np.array([e.differentiable for e in self.edges], bool)

    @cached_property
    def edge_sources(self) -> NDArray[np.intp]:
        """The visible node that each visible edge starts from (edges,)."""
        return np.array([e.source for e in self.edges], np.intp)

    @cached_property
    def edge_orders(self) -> NDArray[np.intp]:
        """0 for the visible edges of the forward graph, 1 and 2 for those of gradient graphs."""
        nodes, edges = self.topology.nodes, self.topology.edges
        return np.array([nodes[edges[e.edges[0]].target].order for e in self.edges], np.intp)

    @cached_property
    def ties(self) -> tuple[tuple[int, int], ...]:
        """(visible gradient node, visible node whose gradient it is); groups for their nodes."""
        shown, nodes = self.shown_as, self.topology.nodes
        pairs = ((shown[n.index], shown[k]) for n in nodes for k in n.gradient_of)
        return tuple(dict.fromkeys(pairs))

    def partners(self, node: int | None) -> frozenset[int]:
        """Return a visible node's gradient nodes, or the nodes whose gradient it is (``ties``)."""
        tied = [tie for tie in self.ties if node in tie] if node is not None else []
        return frozenset(end for tie in tied for end in tie) - {node}

    @cached_property
    def edge_shown_as(self) -> dict[int, int]:
        """By topology edge the visible edge that stands for it; none inside a closed group."""
        return {edge: seen.index for seen in self.edges for edge in seen.edges}

    @cached_property
    def trends(self) -> dict[int, tuple[int, ...]]:
        """By closed group the layers that its gradient norm is that of (see ``trend_layers``)."""
        found = ((n.index, trend_layers(self.topology, n)) for n in self.nodes)
        return {index: layers for index, layers in found if layers}

    def warm(self) -> None:
        """Compute the cached properties in the preparing thread: the first frame is then fast."""
        for name in ("node_exists", "edge_exists", "edge_sources", "edge_orders", "members_of",
                     "edge_shown_as", "trends", "_node_sums", "_edge_sums"):  # fmt: skip
            getattr(self, name)

    @cached_property
    def _node_sums(self) -> "_Sums":
        nodes = self.topology.nodes
        groups = [[i for i in n.norm_of if nodes[i].differentiable] for n in self.nodes]
        return _Sums.of(groups)

    @cached_property
    def _edge_sums(self) -> "_Sums":
        edges = self.topology.edges
        return _Sums.of([[i for i in e.edges if edges[i].differentiable] for e in self.edges])


@dataclass(frozen=True)
class _Sums:
    """L2 norms over index groups of different lengths, without under- or overflow of squares."""

    count: int
    index: NDArray[np.intp]
    owner: NDArray[np.intp]

    @classmethod
    def of(cls, groups: list[list[int]]) -> "_Sums":
        index = [i for group in groups for i in group]
        owner = [k for k, group in enumerate(groups) for _ in group]
        return cls(len(groups), np.array(index, np.intp), np.array(owner, np.intp))

    def norms(
        self, norms: NDArray[np.float64], ready: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        missing = np.bincount(self.owner, ~ready[self.index], self.count)
        known = np.where(ready[self.index], norms[self.index], 0.0)
        return norms_by_group(known, self.owner, self.count), missing == 0


def trend_layers(topology: Topology, seen: VisibleNode) -> tuple[int, ...]:
    """Return the layers whose parameters together are exactly a closed group's; () without such.

    The gradient norm of those layers together is then that of the group.
    """
    if seen.group is None or not seen.parameters:
        return ()
    held, inside = topology.layer_of, set(seen.norm_of)
    layers = sorted({held[parameter] for parameter in inside if parameter in held})
    together = {parameter for k in layers for parameter in topology.layers[k].parameters}
    return tuple(layers) if together == inside else ()


def group_paths(topology: Topology) -> list[GroupPath]:
    """Return every group, outer ones before inner ones, in the order of their first node."""
    found: dict[GroupPath, None] = {}
    for group in dict.fromkeys(node.group for node in topology.nodes):
        for depth in range(1, len(group) + 1):
            found.setdefault(group[:depth])
    return list(found)


def default_opened(topology: Topology) -> frozenset[GroupPath]:
    """Return the groups that are open when a graph is first shown.

    All in a graph of up to ``OPEN_UP_TO`` nodes. In nested groups those that hold others: a
    recurrent layer shows its time steps, a residual network its blocks. They open from the
    outside in, those of one depth in one group together or not at all, as long as no more than
    ``OPEN_UP_TO`` nodes are visible. Of the gradient graph, the first order opens likewise.
    """
    if topology.order:
        alone = default_opened(dataclasses.replace(topology, nodes=topology.forward, order=0))
        return alone | mirrors(topology, alone)
    paths = group_paths(topology)
    outer = {path[:depth] for path in paths for depth in range(1, len(path))}
    if not outer:
        return frozenset(paths) if len(topology.nodes) <= OPEN_UP_TO else frozenset()
    siblings: dict[tuple[int, GroupPath], set[GroupPath]] = {}
    for path in paths:
        if path in outer:
            siblings.setdefault((len(path), path[:-1]), set()).add(path)
    opened: frozenset[GroupPath] = frozenset()
    for (_, around), together in sorted(siblings.items(), key=lambda item: item[0][0]):
        wider = opened | together
        if around in {(), *opened} and _count(topology, wider) <= OPEN_UP_TO:
            opened = wider
    return opened


def mirrors(topology: Topology, opened: frozenset[GroupPath]) -> frozenset[GroupPath]:
    """Return the gradient graph's groups that belong to these groups of the forward graph."""
    return frozenset(group_paths(topology)) & {gradient_group(path, 1) for path in opened}


def _count(topology: Topology, opened: frozenset[GroupPath]) -> int:
    """Return how many visible nodes there are with these groups open."""
    owners: set[GroupPath | int] = set()
    for node in topology.nodes:
        depth = 0
        while depth < len(node.group) and node.group[: depth + 1] in opened:
            depth += 1
        owners.add(node.group[: depth + 1] if depth < len(node.group) else node.index)
    return len(owners)


def opened_for(topology: Topology, expand: str) -> frozenset[GroupPath]:
    """Return the open groups for ``--expand``: default, all, none, or the name of a group.

    A group's name is its last part or its path with "/"; the groups around it open as well.
    An unknown name raises KeyError.
    """
    paths = group_paths(topology)
    if expand == "default":
        return default_opened(topology)
    if expand in ("all", "none"):
        return frozenset(paths) if expand == "all" else frozenset()
    chosen = [p for p in paths if p[-1] == expand or "/".join(p) == expand]
    if not chosen:
        raise KeyError(expand)
    return frozenset(p[:d] for p in chosen for d in range(1, len(p) + 1))


def summarise(
    topology: Topology,
    opened: frozenset[GroupPath],
    boards: Mapping[GroupPath, Dense] | None = None,
) -> VisibleGraph:
    """Return the visible graph for a set of open groups.

    ``boards``: the closed groups drawn as a neuron view in place of a card.
    """
    clusters: dict[GroupPath, Cluster] = {}
    owners: list[GroupPath | int] = []
    for node in topology.nodes:
        depth = 0
        while depth < len(node.group) and node.group[: depth + 1] in opened:
            depth += 1
            path = node.group[:depth]
            parent = clusters[path[:-1]].index if depth > 1 else None
            clusters.setdefault(path, Cluster(len(clusters), path, parent))
        owners.append(node.group[: depth + 1] if depth < len(node.group) else node.index)
    members: dict[GroupPath | int, list[int]] = {}
    for index, owner in enumerate(owners):
        members.setdefault(owner, []).append(index)
    numbers = {owner: k for k, owner in enumerate(members)}
    nodes = tuple(
        _visible_node(topology, k, owner, inside, clusters, boards or {})
        for k, (owner, inside) in enumerate(members.items())
    )
    shown_as = tuple(numbers[owner] for owner in owners)
    return VisibleGraph(
        topology,
        opened,
        nodes,
        _visible_edges(topology, shown_as, nodes),
        tuple(clusters.values()),
        shown_as,
    )


def _visible_node(
    topology: Topology,
    index: int,
    owner: GroupPath | int,
    members: list[int],
    clusters: dict[GroupPath, Cluster],
    boards: Mapping[GroupPath, Dense],
) -> VisibleNode:
    if isinstance(owner, int):
        around = clusters.get(topology.nodes[owner].group)
        place = around.index if around else None
        return VisibleNode(index, (owner,), (owner,), None, place)
    kinds = [topology.nodes[i].kind for i in members]
    parameters = tuple(i for i, k in zip(members, kinds, strict=True) if k == "parameter")
    # A gradient graph's group shows the same gradients as the forward group that it belongs to.
    gradients = tuple(i for i in members if _of_parameter(topology, i))
    around = clusters.get(owner[:-1])
    return VisibleNode(
        index,
        tuple(members),
        parameters or gradients or tuple(members),
        owner,
        around.index if around else None,
        kinds.count("operation"),
        len(parameters),
        boards.get(owner),
    )


def _of_parameter(topology: Topology, node: int) -> bool:
    """Whether a node holds the gradient of a parameter."""
    return any(topology.nodes[k].kind == "parameter" for k in topology.nodes[node].gradient_of)


def _visible_edges(
    topology: Topology, shown_as: tuple[int, ...], nodes: tuple[VisibleNode, ...]
) -> tuple[VisibleEdge, ...]:
    """Aggregate edges of closed groups; keep x·x apart as two edges between plain nodes."""
    bundles: dict[tuple[int, int, int], list[int]] = {}
    for edge in topology.edges:
        source, target = shown_as[edge.source], shown_as[edge.target]
        if source != target:
            plain = nodes[source].group is None and nodes[target].group is None
            bundles.setdefault((source, target, edge.index if plain else -1), []).append(edge.index)
    return tuple(
        VisibleEdge(
            k, source, target, tuple(edges), any(topology.edges[e].differentiable for e in edges)
        )
        for k, ((source, target, _), edges) in enumerate(bundles.items())
    )
