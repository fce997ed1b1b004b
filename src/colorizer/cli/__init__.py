"""The commands of ``colorizer``: each is a module with DESCRIPTION, ``add_arguments`` and ``run``.

Nothing below imports from it; ``main.main`` is installed as ``colorizer``.
It must not know how colours are made: it turns the command line into calls.
"""
