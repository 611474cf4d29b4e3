"""The command line: ``list``, ``run``, ``check`` and ``sweep``."""
