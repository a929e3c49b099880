"""A bundle of evidence: one exchange in a ZIP that proves itself, to a court too. Pure: bytes in, bytes out.

Imports `contracts` and `keys` alone, nothing else of the gateway: whoever checks a bundle trusts none of it.

material  what a bundle is made of      stood     the signed documents, as they stood at each line
proving   each line, proved             sequence  what must come before what
case      all of it together            words, readme, timeline, picture   what people read
members   the files of a bundle         archive   files to ZIP, and back, byte for byte
"""
