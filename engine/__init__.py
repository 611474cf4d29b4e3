"""The engine: graph, differentiation, training. It knows nothing of the window.

One BLAS thread by default: on small matrices a second one helps little and stalls while the
window is busy. The variables are read when numpy is first imported.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")
