"""Variation between areas: figures of case records, how sure they are, and what may be shown to whom.

Pure: case records in, figures, sentences and pictures out. It imports `contracts` and the standard library, and of the
desk its words for times and its errors.
"""
