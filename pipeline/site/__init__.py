"""What Datasette serves beyond its stock pages."""
