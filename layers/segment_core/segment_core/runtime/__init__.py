"""What surrounds the core in a function: environment, queue, bus, secrets, logs and metrics."""
