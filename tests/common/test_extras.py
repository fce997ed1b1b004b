from __future__ import annotations

import pytest

from colorizer.common.errors import UserError
from colorizer.common.extras import require_extra


def test_what_is_installed_is_no_word_worth() -> None:
    require_extra("dev", "pytest", "numpy")


def test_what_is_missing_is_named_with_the_way_to_it() -> None:
    with pytest.raises(UserError, match=r"^no_such and none not installed: pip install .*\[x\]'$"):
        require_extra("x", "no_such", "pytest", "none")
