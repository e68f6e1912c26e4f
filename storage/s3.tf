# The buckets, each made by the same block. What is special about one stands here.

locals {
  buckets = {
    # Functions made from S3 objects are created side by side, those made from files one by one.
    artefacts = { kept_days = null, browser_methods = [] }
    # What callers send. It is read once, within seconds; nobody looks at it again.
    uploads = { kept_days = 7, browser_methods = ["POST"] }
    # What image-processor makes of it. In a bucket of its own, so that a derivative can never start it again.
    images  = { kept_days = null, browser_methods = ["GET"] }
    reports = { kept_days = 365, browser_methods = [] }
  }
}

module "bucket" {
  source   = "./bucket"
  for_each = local.buckets

  name                = "${var.prefix}-${each.key}-${var.place.account}-${var.place.region}"
  kms_key_arn         = var.kms_key_arn
  deletion_protection = var.deletion_protection
  kept_days           = each.value.kept_days
  browser_methods     = each.value.browser_methods
  cors_origin         = var.cors_origin
}
