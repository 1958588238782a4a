"""Keep AWS secrets, parameters and rotation schedules as git declares them.

Nothing is imported here: a start of the command pays only for what it uses.
"""

__version__ = "0.1.0"
