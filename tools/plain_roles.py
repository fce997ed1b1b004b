"""For the site: show names in docstrings as code, without their Sphinx roles."""

from __future__ import annotations

import re

from griffe import Extension, Object

ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod|obj):`~?([^`]+)`")


class PlainRoles(Extension):
    """Turn `` :func:`load` `` in a docstring into `` `load` ``."""

    def on_object(self, *, obj: Object, **_: object) -> None:
        """Rewrite an object's docstring, if it has one."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(r"`\1`", obj.docstring.value)
