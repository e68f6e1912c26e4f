"""The engine LocalStack: its open source code in host mode, without a container engine or an account."""
