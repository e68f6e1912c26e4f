# The keys are made and written without ever standing in the plan or the state: a write-only argument is kept in neither,
# and uuid() is drawn while applying. Each holds 122 random bits from the operating system. An ephemeral random password
# would do the same with one call more, but a mocked provider has no ephemeral resources, so nothing here could be tested.

locals {
  signing_keys = {
    token  = { purpose = "signs the callers' tokens", version = var.signing_key_version }
    cursor = { purpose = "signs the list's cursors", version = 1 }
  }
}

resource "aws_secretsmanager_secret" "key" {
  for_each = local.signing_keys

  #checkov:skip=CKV2_AWS_57:Rotated by raising tokens.key_version, which also keeps the previous key valid
  name                    = "${var.prefix}/${each.key}-key"
  description             = "${var.prefix}: ${each.value.purpose}"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "key" {
  for_each = local.signing_keys

  secret_id                = aws_secretsmanager_secret.key[each.key].id
  secret_string_wo         = sha512("${uuid()}${uuid()}${uuid()}${uuid()}")
  secret_string_wo_version = each.value.version
}
