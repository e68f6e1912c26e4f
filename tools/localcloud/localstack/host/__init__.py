"""What runs inside LocalStack's own interpreter."""
