"""What every package needs and none owns: errors, parameters, whole files, tables, processes.

Any package imports its modules: ``errors`` and ``files`` most of all, ``pool`` to use all cores.
It must not know photographs, colours or networks.
"""
