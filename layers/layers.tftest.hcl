mock_provider "aws" {
  override_during = plan
}

variables {
  prefix       = "starter-test"
  architecture = "arm64"
  bucket       = "artefacts"
  artefacts = {
    base = { file = "build/layers/base.zip", key = "layers/base-1234.zip", sha256_base64 = "c2hhMjU2" }
  }
}

run "a_layer_is_what_the_build_made" {
  command = plan

  assert {
    condition     = aws_s3_object.layer["base"].key == "layers/base-1234.zip" && aws_s3_object.layer["base"].bucket == "artefacts"
    error_message = "The object's key is the content's hash: other content is another object."
  }

  assert {
    condition = (
      aws_lambda_layer_version.this["base"].s3_key == "layers/base-1234.zip" &&
      aws_lambda_layer_version.this["base"].source_code_hash == "c2hhMjU2"
    )
    error_message = "The layer is made from that object, and knows its hash."
  }

  assert {
    condition     = aws_lambda_layer_version.this["base"].compatible_architectures == toset(["arm64"]) && aws_lambda_layer_version.this["base"].compatible_runtimes == toset(["python3.13"])
    error_message = "A layer names the CPU and the Python that its wheels are for."
  }

  assert {
    condition     = keys(output.arns) == ["base"]
    error_message = "Functions find layers by their names here."
  }
}

run "without_a_build_there_are_no_layers" {
  command = plan

  variables {
    artefacts = null
  }

  assert {
    condition     = length(aws_lambda_layer_version.this) == 0
    error_message = "The root says that nothing is built; this module adds no error of its own."
  }
}
