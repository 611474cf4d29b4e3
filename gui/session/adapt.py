"""What must follow when one setting changes, so that a single edit leaves a system that fits.

The command line and the file say everything themselves; in the form a person changes one thing
and means the rest to come along.
"""

import dataclasses
from typing import Any

from engine import expression
from engine.expression import to_graph
from engine.model.loss import LossSettings
from engine.settings.declaration import rule_of, settings_of
from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.system import DataSettings, System, override, to_table
from gui.session import layer_tables

# Fields of a layer that decide which nodes and parameters there are.
SHAPING = ("type", "name", "repeat", "activation", "bias")
FIRST_VALUE = 1.0


def changed(system: System, key: str, value: Any) -> System:
    """Return the system with one setting changed, and what hangs on it made to fit.

    Raises
    ------
    InputError
        With the field, where the value is not what the setting accepts.
    """
    made = _changed(system, key, value)
    if made != system and not is_told(key) and catalogue.is_entry(system):
        made = without_entrys_words(made, system.name)
    return made


def without_entrys_words(system: System, entry: str) -> System:
    """Return it as based on an entry: what the catalogue says of that is not true of another."""
    return dataclasses.replace(system, title="", source="", description="", based_on=entry)


def own_copy(system: System) -> System:
    """Return a copy under a name of its own; what the catalogue says of its system stays there."""
    copy = dataclasses.replace(system, name=f"{system.name}-copy", origin=None)
    return without_entrys_words(copy, system.name) if catalogue.is_entry(system) else copy


def is_told(key: str) -> bool:
    """Whether a setting only tells people something."""
    field = settings_of(System).get(key)
    return field is not None and rule_of(field).told


def _changed(system: System, key: str, value: Any) -> System:
    path = layer_tables.path_of(key)
    if key == "expression" and system.is_empty:  # which is its own objective, without data
        system = dataclasses.replace(system, data=DataSettings(), loss=LossSettings())
    if path and key == f"{layer_tables.key_of(path)}.type" and value in layer_tables.containers():
        # A block is made of layers: what stood there goes into it, or what was in it stays.
        tables = to_table(system)["layers"]
        table = layer_tables.as_container(value, tables, path)
        return adapted(override(system, layer_tables.key_of(path), table), key)
    return adapted(override(system, key, value), key)


def adapted(system: System, key: str) -> System:
    """Return the system after ``key`` was changed, with what hangs on it made to fit.

    Raises
    ------
    InputError
        With the field, where the changed setting itself cannot be read.
    """
    if key == "expression":
        return _with_values(system)
    parts = key.split(".")
    of_layer = parts[0] == "layers" and (len(parts) == 1 or parts[-2].isdecimal())
    if of_layer and (len(parts) == 1 or parts[-1] in SHAPING):
        # Book names and starting values belong to nodes by position: on other layers they
        # would be wrong, and on layers that are gone the system would be refused.
        return dataclasses.replace(system, names={}, parameters={})
    return system


def _with_values(system: System) -> System:
    """Give new variables a value and drop those that are gone."""
    try:
        program = expression.parse(system.expression, to_graph.functions())
    except InputError as error:
        raise error.located(field="expression") from None
    values: dict[str, Any] = {name: system.values.get(name, FIRST_VALUE) for name in program.free}
    trainable = system.trainable
    if trainable is not None:
        trainable = [name for name in trainable if name in values]
    return dataclasses.replace(system, values=values, trainable=trainable)
