"""Which addresses: one spider for each way of discovering listings, never for a brand."""
