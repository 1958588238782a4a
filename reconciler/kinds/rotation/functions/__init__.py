"""Rotation functions that come with the reconciler: a folder each, and the frame that they share.

This code runs in Lambda: it imports boto3, Python's own library, what its `requirements.txt` pins,
and nothing else of the package. ``reconciler.kinds.shipped`` says what is declared of each.
"""
