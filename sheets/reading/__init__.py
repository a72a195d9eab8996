"""The steps of reading a table out of a file: kind and limits, cells, headings, rows, values."""
