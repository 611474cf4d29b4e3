"""The engine: graph, differentiation, training. It knows nothing of the window."""

from engine.support import blas_threads

blas_threads.prepare()  # before numpy is imported: it reads them then
