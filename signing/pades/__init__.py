"""PDF signatures on the server: fields, appearance, the hole, splicing, verification (DESIGN 4)."""
