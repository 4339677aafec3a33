"""Facades, alleys, streets, yards and corridors with lines, taut or hanging."""
