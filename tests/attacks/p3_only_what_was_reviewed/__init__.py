"""Nothing is written that was not reviewed."""
