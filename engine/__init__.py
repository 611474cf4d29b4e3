"""The engine: graph, differentiation, training. It imports nothing of ``gui``."""

import sys
import warnings

from engine.support import blas_threads

if not sys.warnoptions:  # NaN and Inf are data: numpy's remarks on them are no words for people
    warnings.filterwarnings("ignore", message=".* encountered in ", category=RuntimeWarning)
blas_threads.prepare()  # numpy reads the environment variables on import
