"""The engine: graph, differentiation, training. It imports nothing of ``gui``."""

from engine.support import blas_threads

blas_threads.prepare()  # numpy reads the environment variables on import
