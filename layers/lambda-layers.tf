locals {
  layers = var.artefacts == null ? {} : var.artefacts
}

resource "aws_s3_object" "layer" {
  for_each = local.layers

  bucket = var.bucket
  key    = each.value.key
  source = "${path.root}/${each.value.file}"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_layer_version" "this" {
  for_each = local.layers

  layer_name               = "${var.prefix}-${each.key}"
  description              = "See layers/${each.key}/requirements.in"
  s3_bucket                = aws_s3_object.layer[each.key].bucket
  s3_key                   = aws_s3_object.layer[each.key].key
  source_code_hash         = each.value.sha256_base64
  compatible_runtimes      = ["python3.13"]
  compatible_architectures = [var.architecture]

  lifecycle {
    create_before_destroy = true
  }
}
