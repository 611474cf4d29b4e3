"""Names that options are chosen from, in a module of their own: ``--help`` imports no numpy."""

DTYPES = ("float64", "float32", "float16")
# What nodes can be coloured by, in the order of menus; ``quantities`` declares each of them.
QUANTITY_NAMES = (
    "gradient-norm",
    "gradient-rms",
    "value-norm",
    "value-rms",
    "update-ratio",
    "value-zeros",
    "gradient-zeros",
    "value-nonfinite",
    "gradient-nonfinite",
    "gradient-sign",
    "value-mean",
    "weight-mean",
)
