"""What a machine and an identity lack to plan and to apply: seen by reads, never by a write."""
