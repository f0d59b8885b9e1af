"""The parts that learning agents are made of."""
