"""Files people have, in and out: one module per kind of file. No database, no web."""
