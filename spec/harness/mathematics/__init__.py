"""The suite's own mathematics: the oracle, networks, populations, chance, and how examples are drawn."""
