terraform {
  required_version = ">= 1.11"

  required_providers {
    # tflint-ignore: terraform_unused_required_providers # its tables and buckets are made by the modules below it
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}
