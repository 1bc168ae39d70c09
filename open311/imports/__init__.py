"""Roof: the door to the servers of others, and to what they have said.

Nothing else calls out: `calls` for the catalogues of others, at somebody's command; `guard` while
the server runs, to public addresses alone.
"""
