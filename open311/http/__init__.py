"""Roof: the doors that speak HTTP."""
