"""Files of other tools, read once: each value goes from there to sops, and nowhere else."""

from reconciler.operations.importing.sources.given import Given as Given
from reconciler.operations.importing.sources.read import FORMS as FORMS
from reconciler.operations.importing.sources.read import read as read
