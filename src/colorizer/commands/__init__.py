"""The commands of ``colorizer``: each has DESCRIPTION, ``add_arguments`` and ``run``."""
