"""The engine: graph, differentiation, training. It knows nothing of the window."""

from engine import threads

threads.prepare()  # before numpy is imported: it reads them then
