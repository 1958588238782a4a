"""Nothing that the reconciler does not own is touched, and a failed read is never taken for
"absent".
"""
