"""What real clients do with each fault: tried, judged by the server, and kept for the page.

``python -m tests.fault_clients`` tries all; the usual tests look that the page is of all of it, and
those marked ``faults`` try some.
"""
