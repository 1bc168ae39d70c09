"""What the members of a city folder's files are made of: codes, lines, texts, languages."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

__all__ = ["Code", "Extra", "Keywords", "Language", "Line", "Text"]

# A title says what a pattern wants: faults are told with it. `$(?!\n)` and not `$`, which in
# Python also stands before a last line feed.

Code = Annotated[
    str,
    Meta(
        max_length=100,
        pattern=r"^(?=[^\x00-\x1f\x7f-\x9f]+$)[^\s,]([^\r\n]*[^\s,])?$(?!\n)",
        title="a code: one line, no white space or comma at its ends, no control characters",
    ),
]
"""An identifier."""

Line = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"^(?=\s*\S)[^\x00-\x08\x0a-\x1f\x7f-\x9f]*$(?!\n)",
        title="one line of text, not blank, no control characters",
    ),
]
"""One line of text for people."""

Text = Annotated[
    str,
    Meta(
        max_length=4000,
        pattern=r"^(?=\s*\S)[^\r]*$",
        title="text, not blank, with plain line feeds",
    ),
]
"""Lines of text for people; a carriage return would not survive XML. Source: GR-F-15."""

Keywords = Annotated[
    str,
    Meta(
        max_length=1000,
        pattern=r"^[^\r\n]*$(?!\n)",
        title="one line of text",
        description="comma-separated",
    ),
]
"""What residents search for."""

Language = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$(?!\n)",
        title="a language such as fr, fr-CA or zh-Hant",
    ),
]
"""A BCP 47 tag of language, script and region, spelt as usual."""

Extra = Annotated[dict[str, Any], Meta(description="members of another system, kept as they came")]
"""What our members cannot say."""
