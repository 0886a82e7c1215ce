"""Which fields: pure functions from a page, an entry or a record to a listing's fields."""
