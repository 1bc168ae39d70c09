"""An Open311 GeoReport v2 server."""

__version__ = "0.1.0"
