variable "project" {
  description = "First part of every resource's name."
  type        = string
  default     = "starter"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.project))
    error_message = "The project is 2 to 20 lower-case letters, digits and hyphens, and starts with a letter: it becomes part of bucket names."
  }
}

variable "environment" {
  description = "Second part of every resource's name: local, dev, prod, or one of your own."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "The environment is 2 to 12 lower-case letters and digits, and starts with a letter: it becomes part of bucket names."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Project and Environment."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setunion(keys(var.tags), ["Project", "Environment"])) <= 10
    error_message = "tags holds at most eight, beside Project and Environment: the zips in S3 are tagged too, and S3 takes ten of an object."
  }
}

variable "emulator" {
  description = "Set by the toolkit for an emulated AWS (`python -m tools env` exports it); null on AWS itself. endpoint: its URL; build_target: what it runs, `local` (made for this machine) or `aws` (made for AWS); page_origin: the demo page's, which may call the API unless api.cors_origin says otherwise."
  type        = object({ endpoint = string, build_target = optional(string, "local"), page_origin = optional(string) })
  default     = null

  validation {
    condition     = var.emulator == null ? true : can(regex("^https?://[^/]+$", var.emulator.endpoint))
    error_message = "emulator.endpoint is a URL without a path, such as http://127.0.0.1:4566."
  }

  validation {
    condition     = var.emulator == null ? true : contains(["local", "aws"], var.emulator.build_target)
    error_message = "emulator.build_target is local or aws: for what the functions that it runs are built."
  }
}

variable "deletion_protection" {
  description = "Whether `terraform destroy` is refused the table, the buckets' content and the secrets' recovery window. True wherever data matters."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps every log group, in days."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch knows certain retentions only: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 and whole years of days."
  }
}

variable "tracing_mode" {
  description = "X-Ray: Active samples requests, PassThrough only follows what a caller has sampled."
  type        = string
  default     = "Active"

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing_mode)
    error_message = "The tracing mode is Active or PassThrough."
  }
}

variable "features" {
  description = <<-EOT
    What may be left out: because it costs, or where an emulator lacks it. Everything but the response cache is there unless it is
    switched off.
    websocket: the WebSocket API with its functions and table of connections, paid by message and connection minute. Without it nobody is
    told of changes as they come; whoever wants to know asks again.
    response_cache: API Gateway's cache in front of `GET /items` (api.cache), paid by the hour, used or not. Without it every list is a query.
    Off unless it is switched on: its key is the header `Authorization`, whose name API Gateway reads case-sensitively, and only a
    deployment can show that no two callers ever share a page. The smoke test tries it, and fails where they do.
    waf: AWS WAF in front of the REST API, paid by the month and by request. Without it throttles are all that stops a flood, and they are
    for all callers together.
    tracing_rules: which requests X-Ray traces, and a group of those that failed or were slow; rules are free, traces are paid by number.
    Made where tracing_mode is Active alone, since they decide nothing elsewhere. Without them X-Ray's default rule chooses.
    event_archive: domain events of the last 30 days, to be replayed, paid by GB. Without it an event that was handled is gone.
  EOT
  type = object({
    websocket      = optional(bool, true)
    response_cache = optional(bool, false)
    waf            = optional(bool, true)
    tracing_rules  = optional(bool, true)
    event_archive  = optional(bool, true)
  })
  default = {}
}

variable "api" {
  description = <<-EOT
    The REST API.
    cors_origin: the browser origin that may call it, or "*", as when nothing is said; on an emulator that the toolkit has
    started, the demo page's.
    anonymous_reads: whether a caller without a token may list public items.
    throttle: requests a second and burst, for every method of the stage.
    cache: the gateway's cache for `GET /items` (size in GB as API Gateway names it, ttl_seconds up to 30), with the feature `response_cache`.
    null is 0.5 GB and 30 s, as when nothing is said; to have none, switch the feature off.
    requests_per_address: how many requests one address may send in five minutes, with the feature `waf`. Many people may share an address.
    clients: names of API clients. Each gets an API key, and every method then asks for one; quota_per_day limits each.
    validate_answers: whether handlers check their answers against the contract at run time.
    manage_account: whether this environment owns API Gateway's logging role, a setting that exists once for an account and region.
    Of the environments that share both, exactly one says true.
  EOT
  type = object({
    cors_origin          = optional(string)
    anonymous_reads      = optional(bool, false)
    throttle             = optional(object({ rate = number, burst = number }), { rate = 100, burst = 200 })
    cache                = optional(object({ size = optional(string, "0.5"), ttl_seconds = optional(number, 30) }), {})
    requests_per_address = optional(number, 2000)
    clients              = optional(set(string), [])
    quota_per_day        = optional(number, 100000)
    validate_answers     = optional(bool, true)
    manage_account       = optional(bool, true)
  })
  default = {}

  validation {
    condition     = var.api.cors_origin == null ? true : can(regex("^(\\*|https?://[A-Za-z0-9.-]+(:[0-9]+)?)$", var.api.cors_origin))
    error_message = "api.cors_origin is one origin without a path, such as https://app.example.com, or \"*\"."
  }

  validation {
    condition     = !var.deletion_protection || coalesce(var.api.cors_origin, "*") != "*"
    error_message = "api.cors_origin is not set, so any page could call ${var.environment}: set it in environments/${var.environment}.tfvars to your web application's origin, such as https://app.example.com, or to the API's own where no browser calls it."
  }

  validation {
    condition     = var.api.throttle.rate > 0 && var.api.throttle.burst > 0
    error_message = "api.throttle wants a rate and a burst above zero: zero would refuse every request."
  }

  validation {
    condition     = var.api.cache.ttl_seconds >= 1 && var.api.cache.ttl_seconds <= 30
    error_message = "api.cache.ttl_seconds is 1 to 30: a list older than that surprises people."
  }

  validation {
    condition     = var.api.requests_per_address >= 100 && var.api.requests_per_address <= 20000000 && floor(var.api.requests_per_address) == var.api.requests_per_address
    error_message = "api.requests_per_address is 100 to 20000000 whole requests in five minutes."
  }

  validation {
    condition     = contains(["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"], var.api.cache.size)
    error_message = "api.cache.size is one of API Gateway's: 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118 or 237 (GB)."
  }
}

variable "tokens" {
  description = <<-EOT
    Who signs the callers' tokens.
    issuer, audience: the `iss` and `aud` that the own signing key's tokens carry.
    key_version: raise it to rotate the signing key; the previous key stays valid until its tokens have expired.
    jwks: a further issuer whose RS256 or ES256 tokens are accepted, and where its keys are; null for none. Its subjects are known here as
    ISSUER|SUBJECT, and nobody else's. admin: whether `items:admin` counts in its tokens.
  EOT
  type = object({
    issuer      = optional(string, "serverless-starter")
    audience    = optional(string, "items-api")
    key_version = optional(number, 1)
    jwks        = optional(object({ issuer = string, url = string, admin = optional(bool, false) }))
  })
  default = {}

  validation {
    condition     = var.tokens.jwks == null ? true : startswith(var.tokens.jwks.url, "https://")
    error_message = "tokens.jwks.url starts with https://: keys fetched without TLS prove nothing."
  }

  validation {
    condition     = var.tokens.jwks == null ? true : var.tokens.jwks.issuer != var.tokens.issuer && can(regex("^[!-~]{1,200}$", var.tokens.jwks.issuer))
    error_message = "tokens.jwks.issuer is the `iss` of its tokens, 1 to 200 characters of ASCII without spaces, and another than tokens.issuer."
  }

  validation {
    condition     = var.tokens.key_version >= 1 && floor(var.tokens.key_version) == var.tokens.key_version
    error_message = "tokens.key_version is a whole number from 1, raised by one for each rotation."
  }
}

variable "images" {
  description = <<-EOT
    What becomes of an uploaded image.
    sizes: the longest side of each size in pixels, by its name; an image is never enlarged.
    format: jpeg, webp or avif.
    max_pixels: images with more are refused before they are decoded.
    upload_max_bytes: the largest upload that S3 takes.
  EOT
  type = object({
    sizes            = optional(map(number), { thumb = 160, small = 480, large = 1024 })
    format           = optional(string, "jpeg")
    max_pixels       = optional(number, 50000000)
    upload_max_bytes = optional(number, 20971520)
  })
  default = {}

  validation {
    condition     = length(var.images.sizes) >= 1 && length(var.images.sizes) <= 8 && alltrue([for name, side in var.images.sizes : can(regex("^[a-z][a-z0-9-]{0,15}$", name)) && side >= 16 && side <= 2048 && floor(side) == side])
    error_message = "images.sizes is one to eight names of lower-case letters, digits and hyphens, each with a longest side of 16 to 2048 whole pixels."
  }

  validation {
    condition     = contains(["webp", "jpeg", "avif"], var.images.format)
    error_message = "images.format is webp, jpeg or avif."
  }

  validation {
    condition     = var.images.max_pixels >= 1000000 && var.images.max_pixels <= 100000000 && floor(var.images.max_pixels) == var.images.max_pixels
    error_message = "images.max_pixels is one to a hundred million: image-processor's memory holds no more once decoded."
  }

  validation {
    condition     = var.images.upload_max_bytes >= 1024 && var.images.upload_max_bytes <= 52428800 && floor(var.images.upload_max_bytes) == var.images.upload_max_bytes
    error_message = "images.upload_max_bytes is 1024 to 52428800 (50 MiB): image-processor's temporary storage and time are made for no more."
  }
}

variable "schedules" {
  description = "When functions run that shall not run as their blocks in functions/ say, by function: rate(...) or cron(...) of EventBridge, in UTC."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for expression in values(var.schedules) : can(regex("^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\)|cron\\(\\S+( \\S+){5}\\))$", expression))])
    error_message = "A schedule is rate(5 minutes), rate(1 hour), or cron(...) with six fields, such as cron(0 3 * * ? *)."
  }
}

variable "notifications" {
  description = "emails: addresses that are told about alarms and reports. Each is asked to confirm first. Wanted where deletion_protection is on."
  type        = object({ emails = optional(set(string), []) })
  default     = {}

  validation {
    condition     = !var.deletion_protection || length(var.notifications.emails) > 0
    error_message = "notifications.emails is empty, so nobody would hear of an alarm of ${var.environment}: add notifications = { emails = [\"...\"] } to environments/${var.environment}.tfvars."
  }

  validation {
    condition     = alltrue([for address in var.notifications.emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "notifications.emails holds e-mail addresses, such as ops@example.com."
  }
}

variable "websocket" {
  description = <<-EOT
    The WebSocket API.
    throttle: messages a second and burst, for every route of the stage.
    connections_per_subject: how many connections one caller may have at once. One more is refused.
  EOT
  type = object({
    throttle                = optional(object({ rate = number, burst = number }), { rate = 100, burst = 200 })
    connections_per_subject = optional(number, 20)
  })
  default = {}

  validation {
    condition     = var.websocket.connections_per_subject >= 1 && var.websocket.connections_per_subject <= 100 && floor(var.websocket.connections_per_subject) == var.websocket.connections_per_subject
    error_message = "websocket.connections_per_subject is 1 to 100: an event is pushed to 500 connections, and one caller's are not to be a large part of them."
  }

  validation {
    condition     = var.websocket.throttle.rate > 0 && var.websocket.throttle.burst > 0
    error_message = "websocket.throttle wants a rate and a burst above zero: zero would refuse every message."
  }
}

variable "concurrency" {
  description = "Per function (`create-item`, ...): provisioned keeps that many environments warm (costs money while idle), reserved caps them. Unnamed functions have neither."
  type        = map(object({ provisioned = optional(number, 0), reserved = optional(number) }))
  default     = {}

  validation {
    condition     = alltrue([for limit in values(var.concurrency) : limit.provisioned >= 0 && coalesce(limit.reserved, limit.provisioned) >= limit.provisioned])
    error_message = "A function's provisioned concurrency is at least 0 and at most its reserved concurrency."
  }
}
