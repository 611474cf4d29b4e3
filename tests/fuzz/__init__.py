"""A fuzzer: files that were good once, spoilt at random, are refused in one line or read.

``python -m tests.fuzz KIND --seconds 600`` runs one kind for longer; a failure says which case it
was, and ``--case N`` repeats that one.
"""
