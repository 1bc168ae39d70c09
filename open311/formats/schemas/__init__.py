"""What we promise others, as JSON Schema: the answers, a city folder, the body of a report.

`generated` are the files of `schemas/`: those of the answers (`georeport`), of a folder (`city`)
and the description of the API (`openapi`). `body` is made for one service when it is asked for, by
`answers`, `conditions` and `ecma_pattern`.
"""
