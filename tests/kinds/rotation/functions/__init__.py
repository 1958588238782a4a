"""The rotation functions that come with the reconciler."""
