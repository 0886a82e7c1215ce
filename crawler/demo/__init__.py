"""The starter catalogue and the loopback site that serves it the way real sources publish."""
