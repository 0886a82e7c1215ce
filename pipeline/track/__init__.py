"""Track what changed in a listing from one stored version to the next."""
