"""Very many requests as GeoParquet, for programs that count them. The one home of pyarrow.

Its `geometry` is a point in WKB, longitude first, WGS84; what has no point has none.

Source: GeoParquet 1.1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from open311.errors import NotFound
from open311.formats.bulk import COLUMNS

__all__ = ["MEDIA_TYPE", "Writer"]

MEDIA_TYPE = "application/vnd.apache.parquet"

_GROUP = 30_000  # rows
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}
_POINT = np.dtype([("order", "u1"), ("type", "<u4"), ("long", "<f8"), ("lat", "<f8")])


class Writer:
    """A file while it is written, a group of rows at a time."""

    def __init__(self, path: Path) -> None:
        """Begin a file.

        Args:
            path: where; it is whole after `end`.

        Raises:
            NotFound: the extra that this needs is not installed.
        """
        try:
            import pyarrow as pa
            from pyarrow import compute, json, parquet
        except ImportError as error:
            raise NotFound(
                "requests.parquet needs the extra `analytics`, which this server does not have."
            ) from error
        kinds = {"string": pa.string(), "number": pa.float64()}
        kinds["date-time"] = pa.timestamp("s", "UTC")
        read = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
        geometry = pa.field("geometry", pa.binary())
        schema = read.append(geometry).with_metadata({"geo": msgspec.json.encode(_GEO)})
        self._pa: Any = pa
        self._json: Any = json
        self._choose: Any = compute.if_else
        self._options = json.ParseOptions(explicit_schema=read, unexpected_field_behavior="error")
        self._schema = schema
        self._file = parquet.ParquetWriter(path, schema, compression="zstd")
        self._lines: list[bytes] = []
        self._rows = 0

    def add(self, lines: bytes) -> None:
        """Add rows: lines of JSON, as `bulk.ndjson` writes them."""
        self._lines.append(lines)
        self._rows += lines.count(b"\n")
        if self._rows >= _GROUP:
            self._write()

    def _write(self) -> None:
        text = self._pa.py_buffer(b"".join(self._lines))
        self._lines, self._rows = [], 0
        options = self._json.ReadOptions(use_threads=False, block_size=text.size + 1)
        table = self._json.read_json(
            self._pa.BufferReader(text), read_options=options, parse_options=self._options
        )
        table = table.append_column(self._schema.field("geometry"), self._points(table))
        self._file.write_table(table.cast(self._schema), row_group_size=_GROUP)

    def _points(self, table: Any) -> Any:
        """Where each is, as WKB."""
        points = np.zeros(table.num_rows, _POINT)
        points["order"], points["type"] = 1, 1  # little endian, a point
        for name in ("long", "lat"):
            points[name] = table[name].to_numpy()
        nowhere = np.isnan(points["lat"])
        raw = self._pa.py_buffer(points.tobytes())
        fixed = self._pa.FixedSizeBinaryArray.from_buffers(
            self._pa.binary(_POINT.itemsize), table.num_rows, [None, raw]
        )
        found = fixed.cast(self._pa.binary())
        return self._choose(self._pa.array(~nowhere), found, None)

    def end(self) -> None:
        """Write what is left, and what comes last."""
        if self._rows:
            self._write()
        self._file.close()

    def close(self) -> None:
        """Let go of a file that is not wanted any more."""
        self._file.close()
