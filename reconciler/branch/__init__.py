"""What a branch changes in manifests: read from git alone, without a key, AWS or anything else."""

from reconciler.branch.compare import compare
from reconciler.branch.finding import Finding, Group
from reconciler.branch.side import Side, of_commit, of_folder

__all__ = ["Finding", "Group", "Side", "compare", "of_commit", "of_folder"]
