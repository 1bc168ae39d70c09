"""Roof: what happens without being asked."""
