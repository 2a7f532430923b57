"""Concurrent image classification: several web workers share models that Ray actors hold, each loaded once."""
