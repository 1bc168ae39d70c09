"""Third floor: what can be asked of the city."""
