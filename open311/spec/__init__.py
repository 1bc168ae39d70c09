"""Ground floor: what GeoReport v2 says."""
