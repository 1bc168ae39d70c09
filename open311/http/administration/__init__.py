"""The registry of definitions over HTTP, for keys with a scope for it.

A call comes through `door` to one of the `handlers`; `editors` is who asks, `etags` what they take
to be there, `documents` what they send and get. `description` is made of the handlers, and `pages`
show it.
"""
