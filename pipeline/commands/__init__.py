"""The commands by what they are for; `pipeline.cli` gathers them."""
