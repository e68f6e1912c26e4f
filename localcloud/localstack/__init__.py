"""LocalStack's open code as an engine: in host mode, without a container engine or an account."""
