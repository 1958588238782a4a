"""A login of PostgreSQL, for one user or for two that take turns."""
