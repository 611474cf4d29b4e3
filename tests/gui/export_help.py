"""What the tests of exports share: something to export, and the command line that does it."""

import numpy as np
from PIL import Image

from engine.cli import commands
from engine.export.formats import Material, export, format_for
from engine.recipes import replay
from engine.recipes.recipe import Recipe
from engine.system import catalogue
from gui.export.formats import formats


def material(name="d2l-mlp", steps=3, **picture):
    recipe = Recipe(catalogue.load(name), steps).drawn(layout="quick", **picture)
    trainer = replay.make_trainer(recipe)
    replay.advance(trainer, recipe, steps)
    return Material(trainer.topology, trainer.take_frame(), recipe)


def save(path, name="d2l-mlp", steps=3, **picture):
    chosen = format_for(formats(), ("picture", "data"), str(path))
    return export(chosen, material(name, steps, **picture), path)


def run(*argv):
    assert commands.main(["run", *map(str, argv)], formats()) == 0


def pixels(path):
    """Return a picture's colours (height, width, 4)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))
