"""Tables to take away: CSV, XLSX and JSON lines, each with its columns explained and its digest stated.

Pure: rows in, bytes out. What a cell may do to a spreadsheet is stopped here (`safe`), for every table alike.
"""
