"""For the site: names in docstrings as code, where Sphinx would want their roles."""

from __future__ import annotations

import re

from griffe import Extension, Object

ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod|obj):`~?([^`]+)`")


class PlainRoles(Extension):
    """Make `` :func:`load` `` of a docstring `` `load` ``."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Rewrite the docstring of whatever has one."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(r"`\1`", obj.docstring.value)
