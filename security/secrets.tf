# The keys are made and written without ever standing in the plan or the state.

locals {
  signing_keys = {
    token_key  = { purpose = "signs the callers' tokens", version = var.signing_key_version }
    cursor_key = { purpose = "signs the list's cursors", version = 1 }
  }
}

ephemeral "aws_secretsmanager_random_password" "key" {
  for_each = local.signing_keys

  password_length     = 64
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "key" {
  for_each = local.signing_keys

  #checkov:skip=CKV2_AWS_57:Rotated by raising tokens.key_version, which also keeps the previous key valid
  name                    = "${var.prefix}/${replace(each.key, "_", "-")}"
  description             = "${var.prefix}: ${each.value.purpose}"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "key" {
  for_each = local.signing_keys

  secret_id                = aws_secretsmanager_secret.key[each.key].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.key[each.key].random_password
  secret_string_wo_version = each.value.version
}
