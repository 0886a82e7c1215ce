"""The picture of a scan, written for people and for machines."""
