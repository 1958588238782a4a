"""Nothing that leaves the process holds a value: no plan, log line, exception, temporary file,
command line, child's environment or debug trace. `export` and `exec` exist to hand values out, and
are the only exceptions.
"""
