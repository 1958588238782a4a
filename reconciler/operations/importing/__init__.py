"""Import: write manifests for what is live. It reads values once, and hands them to sops only."""

from reconciler.kinds.imported import Imported, NotImported
from reconciler.operations.importing.files import Written, write
from reconciler.operations.importing.read import absent, read

__all__ = ["Imported", "NotImported", "Written", "absent", "read", "write"]
