"""Attacks on the promises of SECURITY.md: a folder a promise, which says it; a file an attack,
whose first lines say who tries what; a test a way of it. ``python -m tests.attacks`` lists them.
"""
