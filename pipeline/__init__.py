"""Orchestration: the stages, the command line, the site. The only package that sees the other three."""
