"""The demonstration: real processes, fresh keys, a story told as it happens, and cases run by the file.

May import `contracts`, `keys`, `gateway.desk` and `gateway.config`; it speaks to the processes over HTTP alone.
"""
