"""pytest as a front of the engine: the plugin, and the report in a terminal."""
