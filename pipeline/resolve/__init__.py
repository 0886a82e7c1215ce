"""One innovation from many listings, in record linkage's own steps."""
