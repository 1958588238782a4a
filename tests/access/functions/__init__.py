"""Rotation functions on their way into an account: zips, policies, and the template."""
