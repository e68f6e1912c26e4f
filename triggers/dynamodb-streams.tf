# Which function reads which table's changes. The right to read the stream follows for its role (security/). A stream has
# two readers at most; a third one takes domain events from a queue.

locals {
  stream_consumers = {
    # Every change of an item becomes a domain event.
    data-transformer = { table = "items" }
  }
}

resource "aws_lambda_event_source_mapping" "stream" {
  for_each = local.stream_consumers

  event_source_arn        = var.streams[each.value.table]
  function_name           = var.functions[each.key].alias.arn
  function_response_types = ["ReportBatchItemFailures"]

  # A mapping made anew must not lose what was written before it; what is read twice is an event that was sent already.
  starting_position = "TRIM_HORIZON"

  batch_size                         = 100
  maximum_batching_window_in_seconds = 1

  # Two batches of a shard side by side; changes of one row still come in order.
  parallelization_factor = 2

  # One bad record is found by halving, and is given up after an hour instead of holding its shard back for a day. AWS
  # tells no pause between attempts: fewer of them could be used up by a few seconds in which the bus is throttled.
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 50
  maximum_record_age_in_seconds  = 3600

  destination_config {
    on_failure {
      destination_arn = module.failure_queue.queue.arn
    }
  }

  filter_criteria {
    filter {
      pattern = jsonencode({ eventName = ["INSERT", "MODIFY", "REMOVE"] })
    }
  }
}
