# What `python -m tools build` made. Terraform reads it and never builds.

locals {
  manifest_file = "${path.root}/build/manifest.json"
  built         = fileexists(local.manifest_file)
  manifest      = jsondecode(local.built ? file(local.manifest_file) : jsonencode({ architecture = "arm64", source_hash = "" }))

  emulator_target = try(var.emulator.build_target, null)
  target          = coalesce(local.emulator_target, "aws")
  # An emulator runs what is made for AWS on this machine's processor, which `plan` builds for.
  build_command = local.emulator_target == "aws" ? "python -m tools plan --env ${var.environment}" : "python -m tools build --target ${local.target}"

  # What tools/build/sources.py reads: it passes over hidden files, such as an editor's locks, and refuses other names.
  sources = ["lambda_src/**/[^.]*.py", "layers/[^.]*/requirements.txt", "api-gateway/openapi.yaml"]
  source_hash = sha256(join("", [
    for file in sort(flatten([for pattern in local.sources : tolist(fileset(path.root, pattern))])) :
    "${file} ${filesha256("${path.root}/${file}")}\n" if length(regexall("/\\.|/__pycache__/|[^A-Za-z0-9_./-]", file)) == 0
  ]))
}

# A missing or stale build stops the plan with the command that fixes it.
resource "terraform_data" "build" {
  input = local.manifest.source_hash

  lifecycle {
    precondition {
      condition     = contains(["default", var.environment], terraform.workspace)
      error_message = "The workspace \"${terraform.workspace}\" is not that of the environment \"${var.environment}\". Use one environment's workspace and variables together, as in: TF_WORKSPACE=NAME terraform plan -var-file=environments/NAME.tfvars"
    }
    precondition {
      condition     = local.built
      error_message = "Nothing is built yet. Run: ${local.build_command}"
    }
    precondition {
      condition     = try(local.manifest.target, local.target) == local.target
      error_message = "The build is for \"${try(local.manifest.target, "")}\", and this environment wants \"${local.target}\". Run: ${local.build_command}"
    }
    precondition {
      condition     = !local.built || local.manifest.source_hash == local.source_hash
      error_message = "The sources have changed since the build. Run: ${local.build_command}"
    }
  }
}
