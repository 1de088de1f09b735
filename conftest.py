"""Switches the plugin of the specification on; all it does stands in spec/harness/fronts/plugin.py."""

pytest_plugins = ["spec.harness.fronts.plugin"]
