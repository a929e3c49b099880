"""Every call of the local API, a table for each face: what it takes, what it answers, what it is for, an example.

To add a call, add an entry to the table of its face. The address, the OpenAPI document and the page of calls follow.
"""
