"""MLflow's tracking server and model registry, with its data in one folder that can be backed up while it serves."""
