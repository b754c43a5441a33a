# log-shipper as a layer, and a function beside which it runs.

terraform {
  required_version = ">= 1.5"
  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.4"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "architecture" {
  description = "Of the function, and so of the extension"
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Lambda has arm64 and x86_64."
  }
}

variable "log_endpoint" {
  description = "Where rows are posted to"
  type        = string

  validation {
    condition     = can(regex("^https?://\\S+$", var.log_endpoint))
    error_message = "The endpoint begins with https:// or http://, and spaces are %20 in it."
  }
}

variable "log_token_secret" {
  description = "The secret in Secrets Manager, by name or ARN, whose text is the token; none if null"
  type        = string
  default     = null
}

variable "name" {
  description = "Of the function, its role and its logs, and the first part of the layer's"
  type        = string
  default     = "ships-logs"
}

resource "aws_lambda_layer_version" "log_shipper" {
  layer_name               = "${var.name}-log-shipper"
  filename                 = local.layer
  source_code_hash         = filebase64sha256(local.layer)
  compatible_architectures = [var.architecture]
}

resource "aws_lambda_function" "function" {
  function_name    = var.name
  filename         = data.archive_file.function.output_path
  source_code_hash = data.archive_file.function.output_base64sha256
  handler          = "index.handler"
  runtime          = "python3.13"
  architectures    = [var.architecture]
  timeout          = 10
  layers           = [aws_lambda_layer_version.log_shipper.arn]
  role             = aws_iam_role.function.arn

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  environment {
    variables = merge(
      { LOG_ENDPOINT = var.log_endpoint },
      # Looked up when it is deployed: the function itself needs no right to the secret.
      { for token in data.aws_secretsmanager_secret_version.token : "LOG_TOKEN" => token.secret_string },
    )
  }
}

# What the extension says of its own troubles goes there, with what the function prints.
resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 14
}

resource "aws_iam_role" "function" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.by_lambda.json
}

resource "aws_iam_role_policy" "logs" {
  name   = "logs"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.logs.json
}

data "aws_iam_policy_document" "by_lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "logs" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }
}

data "aws_secretsmanager_secret_version" "token" {
  count     = var.log_token_secret == null ? 0 : 1
  secret_id = var.log_token_secret
}

data "archive_file" "function" {
  type        = "zip"
  source_file = "${path.module}/function/index.py"
  output_path = "${path.module}/../../../target/lambda/function.zip"
}

locals {
  layer = "${path.module}/../../../target/lambda/extensions/log-shipper.zip"
}

output "function" {
  description = "For `aws lambda invoke --function-name`"
  value       = aws_lambda_function.function.function_name
}

output "layer" {
  description = "To be added to other functions"
  value       = aws_lambda_layer_version.log_shipper.arn
}
