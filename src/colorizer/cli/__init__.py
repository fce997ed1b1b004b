"""The commands of ``colorizer``: each module has DESCRIPTION, ``add_arguments`` and ``run``.

Nothing imports from it. It turns words of the command line into calls of the rooms below.
"""
