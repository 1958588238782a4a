"""Names of environment variables, as manifests declare them for ``export`` and ``exec``."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from reconciler.kinds.obeyed import obeyed


def _read_only(name: str) -> str:
    """A name that programs read and do not obey: whoever renames a value needs no key for it."""
    if obeyed(name):
        raise PydanticCustomError(
            "variable", "programs obey a variable of this name: choose another"
        )
    return name


Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$"), AfterValidator(_read_only)]
Variables = Variable | dict[str, Variable]
