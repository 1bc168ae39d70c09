"""First floor: what the city decides; pure, no I/O, no clock."""
