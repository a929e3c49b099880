"""Pictures of figures: SVG by hand, read by shape, line and words, never by colour; beside each stands its table.

Everything is said by attributes, with neither style sheet nor script, so that a picture is the same inside a page, as
an image and by itself under the strictest content security policy (docs/adr/0021-charts-and-exports.md).
"""
