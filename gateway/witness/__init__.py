"""A witness: it cosigns a log's checkpoints once it has checked that the log only grew (C2SP tlog-witness).

May import ``keys``, ``contracts``, the settings and the bare HTTP connection; nothing of what a gateway does.
"""
