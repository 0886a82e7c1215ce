"""Quantities in English text: numbers, units, bounds, directions and what they measure; `nlp.figures` is the door."""
