# Terraform's own rules; they come with tflint. What is special to AWS is in .tflint-aws.hcl.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Files are named by what they hold, and a module has a main.tf only where it has a main thing.
rule "terraform_standard_module_structure" {
  enabled = false
}
