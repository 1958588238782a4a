"""Inputs that nobody has reviewed end, and forge no message."""
