"""Roof: the door to the servers of others, and to what they have said."""
