"""The line of a kind says what its package says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconciler import kinds


@pytest.mark.parametrize("name", kinds.titles())
def test_the_line_has_the_name_that_the_package_has(name: str) -> None:
    assert name == kinds.of(name).NAME


def test_names_and_titles_import_no_kind() -> None:
    code = (
        "import sys; from reconciler import kinds; kinds.titles(); kinds.order('keys');"
        "print([name for name in sys.modules if name.startswith('reconciler.kinds.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
