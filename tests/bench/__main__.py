"""`python3 -m tests.bench`: the tables of this machine, against the goals that were set.

Needs the program's own packages; PyTorch and JAX give two more columns where they are installed.
"""

import os
import sys

from gui.bootstrap import environment

# Before numpy, torch and jax are imported: each reads its number of threads then.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if __name__ == "__main__":
    environment.ensure(("app",), draws="picture")
    from tests.bench.command import main

    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
