"""What pages say of the code, made from the code.

``python -m tests.reference`` writes it again, between ``<!-- generated: NAME -->`` and
``<!-- end -->``; a test checks that it is current.
"""
