"""Second floor: rows and values; the only home of asyncpg and of the object store."""
