"""What every room needs and none owns: errors, parameters, whole files, cores.

Any room may import from it. It knows nothing of photographs, colours or networks.
"""
