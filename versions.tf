terraform {
  # Write-only arguments and ephemeral values, which keep secrets out of the state, came with 1.11.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  default_tags {
    tags = merge(var.tags, {
      Project     = var.project
      Environment = var.environment
    })
  }
}
