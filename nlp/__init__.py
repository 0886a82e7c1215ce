"""From text to annotations. Pure: no storage, no network, no clock."""
