"""Planning, applying and drift read no secret value, but for one case: apply reads the secrets of
which the manifests say `git_keys`, to write those keys and leave the rest. The role that plans has
no permission to read one.
"""
