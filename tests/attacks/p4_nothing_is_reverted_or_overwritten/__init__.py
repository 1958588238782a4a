"""A rotated value is never reverted, and a concurrent change is never overwritten unseen."""
