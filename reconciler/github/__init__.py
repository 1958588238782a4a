"""What a workflow on GitHub shows and asks: comments, issues, summaries, annotations, and whether
anything has moved since a review.

Nothing here can reach a secret value: plans and drift come as plain data, and an import contract
keeps it so.
"""
