"""Names of settings for people: "repeat of layer linear1" for the key layers.0.repeat.

The command line and files use the keys, which are typed there.
"""

import re

from engine.layers.base import Layer
from engine.model.builder import named_layers
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system.system import System


def words_of(key: str, system: System | None) -> str:
    """Return the name of a setting of this system in words.

    >>> words_of("optimizer.learning_rate", None), words_of("optimizer.type", None)
    ('learning rate of the optimizer', 'the optimizer')
    >>> words_of("seed", None), words_of("values.x", None)
    ('seed', 'value of x')
    """
    head, _, rest = key.partition(".")
    by_node = {
        "values": tr("value of {name}"),
        "parameters": tr("starting value of {name}"),
        "names": tr("name of {name}"),
    }
    if rest and head in by_node:
        return by_node[head].format(name=rest)
    whole = {
        "": tr("the system"),
        "data": tr("the data"),
        "layers": tr("the layers"),
        "loss": tr("the loss"),
        "optimizer": tr("the optimizer"),
        "schedule": tr("the schedule"),
        "clipping": tr("the clipping"),
    }
    if re.match(r"layers\.\d", key):
        owner, rest = _layer(key, system)
    elif rest:
        owner = whole.get(head, head)
    else:
        return whole.get(key) or _plain(key)
    parts = [part for part in rest.split(".") if part]
    if parts and parts[-1] == "type" and (len(parts) > 1 or "layer" not in head):
        parts.pop()  # the type of the optimizer is the optimizer
    words = owner
    for part in parts:
        words = tr("{setting} of {owner}").format(setting=_plain(part), owner=words)
    return words


def list_of(keys: list[str], system: System | None, most: int = 3) -> str:
    """Return the settings in words, the first few of many."""
    words = list(dict.fromkeys(words_of(key, system) for key in keys))
    return ", ".join(words[:most]) + (" …" if len(words) > most else "")


def refusal(error: Exception, key: str, system: System | None) -> str:
    """Return the text of a refused setting: its name, what was expected and what was found."""
    if not isinstance(error, InputError):
        return str(error)
    text = tr("expected {expected}, found {found}").format(
        expected=error.expected, found=error.found
    )
    place = key or error.field or ""
    text = f"{words_of(place, system)}: {text}" if place else text
    return f"{text[:1].upper()}{text[1:]}. {error.hint}".strip()


def _plain(name: str) -> str:
    return tr(name.replace("_", " "))


def _layer(key: str, system: System | None) -> tuple[str, str]:
    """The name of the layer that a key belongs to, and the rest of the key."""
    layers = system.layers if system is not None else ()
    words, rest = "", key
    while found := re.match(r"layers\.(\d+)\.?", rest):
        place, rest = int(found[1]), rest[found.end() :]
        names = _names(layers)
        name = names.get(place, str(place + 1))
        inside = tr("{name} in {block}").format(name=name, block=words)
        words = inside if words else name
        layers = getattr(layers[place], "layers", ()) if place < len(layers) else ()
    return tr("layer {name}").format(name=words), rest


def _names(layers: tuple[Layer, ...]) -> dict[int, str]:
    """The names of layers by place; of a repeated one its own name."""
    found: dict[int, str] = {}
    try:
        for place, name, layer in named_layers(layers):
            found.setdefault(place, layer.name or name)
    except InputError:  # two with one name: the check of the system reports it
        found = {place: layer.name for place, layer in enumerate(layers) if layer.name}
    return found
