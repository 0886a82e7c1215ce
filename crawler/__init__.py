"""From the web to listings. Knows HTML, knows no theme."""
