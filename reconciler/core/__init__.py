"""What a plan is and how one comes about: plain data and pure functions.

Nothing here can reach a secret value, AWS or a kind of resource, and one import contract for the
folder proves it.
"""
