"""What holds for every system of the catalogue, and for a layer type that did not exist before."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from engine.analysis.check import check
from engine.layers.base import LAYERS, Layer, one
from engine.model.builder import Flow
from engine.observe.observer import Observer
from engine.settings.declaration import setting
from engine.system import catalogue
from engine.system.system import override, parse_text, to_text

if TYPE_CHECKING:
    from engine.model.builder import Builder

NAMES = [entry.name for entry in catalogue.entries()]
NETWORKS = [name for name in NAMES if not catalogue.load(name).is_expression]


@pytest.mark.parametrize("name", NAMES)
def test_a_nodes_gradient_is_the_sum_of_its_edges_contributions(name: str) -> None:
    """In the compiled pass itself, after an update, as the window shows it."""
    trainer = Observer(override(catalogue.load(name), "dtype", "float64"))
    trainer.train_step()
    compiled = trainer.current
    leaving: dict[int, list[tuple[int, int, int]]] = {}
    for edge in compiled.edges:
        if compiled.contribution(edge) is not None:
            leaving.setdefault(edge[0], []).append(edge)
    assert leaving
    for node, edges in leaving.items():
        gradient = compiled.gradient(node)
        assert gradient is not None
        parts = [compiled.contribution(edge) for edge in edges]
        room = 1e-12 * max(float(np.abs(part).max()) for part in parts if part is not None)
        total = sum(part for part in parts if part is not None)
        np.testing.assert_allclose(total, gradient, rtol=1e-12, atol=room)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_layers_norm_is_there_as_soon_as_its_gradients_are(name: str) -> None:
    """Before the pass is whole; what is not computed yet is no number, and never a false one."""
    trainer = Observer(catalogue.load(name))
    whole = len(trainer.topology.operations) - 1
    backward = next(k for k, o in enumerate(trainer.topology.operations) if o.phase == "backward")
    stops = {backward, *range(max(backward, whole - 6), whole)}
    frames = []
    while not trainer.complete:
        if trainer.cursor in stops:
            frames.append(trainer.take_frame())
        trainer.operate()
    final = trainer.take_frame().layer_gradient_norm
    assert np.isfinite(final).all()
    for frame in frames:
        for layer, norm, end in zip(
            trainer.topology.layers, frame.layer_gradient_norm, final, strict=True
        ):
            ready = frame.gradient_ready[list(layer.parameters)].all()
            assert np.isnan(norm) if not ready else norm == pytest.approx(end, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_every_system_is_the_same_after_writing_and_reading_it(name: str) -> None:
    system = catalogue.load(name)
    again = parse_text(to_text(system), folder=system.folder)
    assert again == system


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_trains_in_the_precision_it_is_given(name: str) -> None:
    for dtype in ("float32", "float64"):
        trainer = Observer(override(catalogue.load(name), "dtype", dtype))
        for _ in range(3):
            trainer.train_step()
        assert trainer.theta.dtype == dtype
        assert np.isfinite(trainer.theta).all()
        assert np.isfinite(trainer.objective_and_loss()).all()


@pytest.mark.parametrize("settings", [
    {"residual": True, "normalization": "layer", "activation": "sigmoid"},
    {"residual": True, "normalization": "batch", "units": 32},
    {"normalization": "batch"}, {"residual": True, "activation": "tanh"},
])  # fmt: skip
def test_deep_mlp_passes_the_check_with_each_remedy(settings: dict[str, object]) -> None:
    system = catalogue.load("deep-mlp")
    for key, value in settings.items():
        system = override(system, f"layers.0.{key}", value)
    assert [c for c in check(system) if not c.passed] == []


# --- a layer type in one place ---------------------------------------------------------------

TOY = """
name = "toy"

[data]
source = "iris"

[[layers]]
type = "toy_scale"
factor = 3.0
name = "mine"

[[layers]]
type = "linear"
"""


@pytest.fixture
def _toy() -> Iterator[None]:
    """h = factor · w ⊙ x: declared here and nowhere else."""

    @dataclass(frozen=True, kw_only=True)
    class ToyScale(Layer):
        """A factor for each feature."""

        type_name: ClassVar[str] = "toy_scale"

        factor: float = setting(2.0, above=0.0, help="A factor on all features.")

        def build(self, builder: "Builder", name: str, x: Flow) -> Flow:
            """Append w and the product."""
            x = one(x)
            weight = builder.parameter(name, "weight", (x.shape[0],), None, symbol="w")
            h = x.apply("scale_features", weight) * self.factor
            return builder.variable(h, f"{name}.h", "h")

    assert LAYERS["toy_scale"] is ToyScale
    yield
    del LAYERS["toy_scale"]


@pytest.mark.usefixtures("_toy")
def test_a_new_layer_type_is_one_class() -> None:
    """It is read from TOML, drawn, trained, checked and written back with nothing else changed."""
    system = parse_text(TOY)
    assert parse_text(to_text(system)) == system
    changed = override(system, "layers.0.factor", 4.0)
    trainer = Observer(changed, parameters={"mine.weight": np.ones(4)})
    trainer.train_step()
    assert [layer.name for layer in trainer.training.model.layers] == ["mine", "linear1"]
    assert any(info.group == ("mine",) for info in trainer.topology.nodes)
    assert (trainer.parameters["mine.weight"] != 1).any()
    assert [c for c in check(system) if not c.passed] == []


@pytest.mark.usefixtures("_toy")
def test_its_settings_are_checked_and_its_name_is_offered() -> None:
    with pytest.raises(Exception, match=r"layers\.0\.factor"):
        parse_text(TOY.replace("3.0", "-1.0"))
    with pytest.raises(Exception, match=r"toy_scale"):
        parse_text(TOY.replace("toy_scale", "toy_scal"))
