"""The update says its own formula, and the formula is what is computed."""

import itertools
import re
from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.observe.status_words import of_rule
from engine.optimizer import OPTIMIZERS, make
from engine.optimizer.clipping import FORMULAS, Clipping
from engine.settings.declaration import NEXT_LINE, settings_of
from engine.system import catalogue
from engine.system.system import System, override

# What the formulas call the settings.
SYMBOLS = {
    "weight_decay": "λ", "momentum": "μ", "dampening": "τ", "beta1": "β₁", "beta2": "β₂",
    "eps": "ε", "alpha": "α", "lr_decay": "δ",
}  # fmt: skip
ON = {"weight_decay": 0.1, "momentum": 0.9, "nesterov": True, "centered": True, "amsgrad": True,
      "lr_decay": 0.3}  # fmt: skip
TOKEN = re.compile(r"∂J/∂θ|max|min|[^\W\d_]′?[₁₂ᵢ]?ᵗ?²?|\d+|√|‖g‖|\S")


def evaluated(text: str, known: dict[str, Any]) -> Any:
    """The number that a formula's right side stands for: juxtaposition multiplies."""
    names: dict[str, Any] = {}
    code, operand = "", False
    for token in TOKEN.findall(text):
        begins = token in ("(", "√", "max", "min", "‖g‖") or token[0].isalnum() or token == "∂J/∂θ"
        if begins and operand:
            code += "*"
        power = re.match(r"(.*?)(ᵗ?)(²?)$", token)
        assert power is not None
        if token == "√":
            code += "root*"  # √x is the operand root, whose product with x is x's root
            operand = False
        elif token in ("max", "min"):
            code += f"np.{token}imum"
            operand = False
        elif begins and token != "(":
            base, to_the_t, squared = power.groups()
            names[f"k{len(names)}"] = known.get(base, float(base) if base.isdigit() else None)
            assert names[f"k{len(names) - 1}"] is not None, f"{base} in {text}"
            code += f"k{len(names) - 1}" + ("**t" if to_the_t else "") + ("**2" if squared else "")
            operand = True
        else:
            code += {"−": "-", "·": "*"}.get(token, token)
            operand = token == ")"
    return eval(code, {"np": np, "root": Root(), "t": known["t"], **names})  # our own text


class Root:
    """√: what it is multiplied with becomes its root."""

    __array_ufunc__ = None

    def __mul__(self, other: Any) -> Any:
        return np.sqrt(other)


def settings_on() -> list[Any]:
    found = []
    for name, cls in OPTIMIZERS.items():
        options = [key for key in cls.options if key in ON]
        for chosen in itertools.product((False, True), repeat=len(options)):
            values = {key: ON[key] if on else type(ON[key])() for key, on in zip(options, chosen)}
            if values.get("nesterov") and not values.get("momentum"):
                continue
            if name == "sgd" and values.get("momentum") and not values.get("nesterov"):
                values["dampening"] = 0.2
            found.append(
                pytest.param(name, values, id=f"{name}-{'-'.join(k for k in values if values[k])}")
            )
    return found


@pytest.mark.parametrize("clipping", ["none", "value", "norm"])
@pytest.mark.parametrize(("name", "values"), settings_on())
def test_the_formula_shown_is_what_is_computed(name: str, values: Any, clipping: str) -> None:
    cls = OPTIMIZERS[name]
    settings = cls.settings_type(**values)
    rng = np.random.default_rng(3)
    theta = rng.normal(size=6)
    optimizer = make(settings, theta.copy())
    clip = Clipping(clipping, 0.7)
    rule = cls.rule(settings, "" if clipping == "none" else FORMULAS[clipping])
    known: dict[str, Any] = {symbol: getattr(settings, key) for key, symbol in SYMBOLS.items()
                             if key in settings_of(type(settings))}  # fmt: skip
    known |= {"c": 0.7, "θ": theta.copy(), "η": 0.05, **dict.fromkeys("mvbus", 0.0)}
    for step in range(1, 4):
        gradient = rng.normal(size=6)
        clipped = gradient.copy()
        if clipping != "none":
            clip.apply(clipped)
        optimizer.update(clipped, 0.05)
        known |= {"∂J/∂θ": gradient, "t": step}
        for line in rule.split(NEXT_LINE):
            left, right = re.split(" [←=] ", line)
            known["‖g‖"] = np.linalg.norm(known.get("g", gradient))
            known["gᵢ"] = known.get("g")
            first = name == "sgd" and left == "v" and step == 1  # v begins as the first gradient
            known[left.removesuffix("ᵢ")] = known["g"] if first else evaluated(right, known)
        np.testing.assert_allclose(known["θ"], optimizer.theta, rtol=1e-9, err_msg=rule)


def system_of(name: str, **changes: Any) -> System:
    system = catalogue.load(name)
    for key, value in changes.items():
        system = override(system, key.replace("__", "."), value)
    return system


def updated(**changes: Any) -> str:
    trainer = Observer(system_of("d2l-mlp", **changes))
    trainer.finish_pass()
    trainer.operate()
    return trainer.take_frame().message


def test_the_status_line_says_the_optimisers_own_update() -> None:
    assert "θ ← θ − η ∂J/∂θ" in updated()
    assert "m′" not in updated()
    adam = updated(optimizer__type="adam")
    assert "θ ← θ − η m′/(√v′ + ε)" in adam
    assert adam.index("‖Δθ‖") < adam.index("θ ←"), "the numbers first: the end may be cut off"
    assert "v ← μv" in updated(optimizer__momentum=0.9)
    assert "g = ∂J/∂θ + λθ" in updated(optimizer__weight_decay=0.1)
    clipped = updated(clipping__type="norm")
    assert "g ← min(1, c/‖g‖) g,  θ ← θ − ηg" in clipped


def test_a_live_change_is_in_the_next_updates_words() -> None:
    trainer = Observer(system_of("d2l-mlp"))
    trainer.finish_pass()
    trainer.change("optimizer.momentum", 0.5)
    trainer.operate()
    assert "v ← μv + (1 − τ)g" in trainer.take_frame().message


def test_the_last_operation_of_the_pass_is_the_systems_update() -> None:
    system = system_of("d2l-mlp", optimizer__type="rmsprop", clipping__type="value")
    last = Observer(system).topology.operations[-1]
    assert last.words == of_rule(system)
    assert last.words.startswith("g = ∂J/∂θ,  gᵢ ← min(max(gᵢ, −c), c),  v ← αv")
