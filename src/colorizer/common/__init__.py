"""What every package needs and none owns: errors, parameters, whole files, tables, processes.

Any package may import its modules: ``errors`` and ``files`` most of all, ``pool`` for all cores.
It must not know about photographs, colours or networks.
"""
