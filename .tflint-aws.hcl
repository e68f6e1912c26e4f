# The AWS ruleset is a plugin of its own: `tflint --init --config .tflint-aws.hcl` fetches it where that can be reached.
plugin "terraform" {
  enabled = false
}

plugin "aws" {
  enabled = true
  version = "0.40.0"
  source  = "github.com/terraform-linters/tflint-ruleset-aws"
}
