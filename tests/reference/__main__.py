"""Write what is generated, and the picture of the imports."""

from __future__ import annotations

from tests.pages import ROOT
from tests.reference.generate import fresh, marked
from tests.reference.workflows import root_action

if __name__ == "__main__":
    for page in marked():
        page.write_text(fresh(page.read_text()))
        print(page.relative_to(ROOT))
    (ROOT / "action.yml").write_text(root_action())
