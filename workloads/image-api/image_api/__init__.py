"""Classifies photographs of cats by breed."""
