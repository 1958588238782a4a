"""What surrounds an environment: roles and policies, a repository's beginning, prerequisites."""
