"""Trains a graph model for fraud on several ranks and resumes from the last checkpoint after one was lost."""
