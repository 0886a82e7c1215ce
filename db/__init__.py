"""SQLite: tables, views and the one door to the file. Knows no HTML and no model."""
