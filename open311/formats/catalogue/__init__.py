"""Catalogues of other systems: what a GeoReport server answers, into a city folder and out of it.

Bytes are told apart (`kinds`) and read (`reading`, by `members`, `questions` and `foreign`), and
what was read is put into a folder (`updates`). The way out is `documents`, which reads what it
writes.
"""
