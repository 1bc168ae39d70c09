"""Between the floors: the past of a city that never was. Pure: no I/O, no clock."""
