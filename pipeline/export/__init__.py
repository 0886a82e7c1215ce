"""Candidate lists: what goes out to the regions."""
