//! Variables of the function's environment.

use lambda_ext::Error;

use crate::terminal::WARNING;

/// Variables that Lambda sets and reserves. The region and the credentials are not among them: an
/// extension that calls AWS needs real ones here.
///
/// See [Reserved environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
const RESERVED: [&str; 12] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Parses `KEY=VALUE`.
pub(crate) fn parse(text: &str) -> Result<(String, String), Error> {
    let (key, value) = text.split_once('=').ok_or("expected `KEY=VALUE`")?;
    check(key)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Returns an error for a name that the function cannot set.
pub(crate) fn check(key: &str) -> Result<(), Error> {
    if key.is_empty() {
        return Err("the variable has no name".into());
    }
    if key.contains(['=', '\0']) {
        return Err(format!("{key:?} is not a valid name of a variable").into());
    }
    if RESERVED.contains(&key) {
        return Err(format!("Lambda sets `{key}` itself").into());
    }
    if key == "AWS_LAMBDA_LOG_FORMAT" {
        return Err(format!("Lambda sets `{key}` itself: use `--log-format`").into());
    }
    Ok(())
}

/// Warns about variables that Lambda does not pass to extensions.
pub(crate) fn warn_hidden(env: &[(String, String)]) {
    for (key, _) in env.iter().filter(|(key, _)| key.starts_with('_')) {
        anstream::eprintln!(
            "{WARNING}warning{WARNING:#}: extensions do not get `{key}`: Lambda hides variables that \
             begin with `_` from them"
        );
    }
}
