"""Names of environment variables, as manifests declare them for ``export`` and ``exec``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Variables = Variable | dict[str, Variable]
