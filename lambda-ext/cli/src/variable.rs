//! Variables of the function's environment.

use lambda_ext::Error;

/// Those that Lambda sets, and lets nobody else set. Not those of the region and the credentials,
/// which stand for nobody here: an extension that calls AWS needs real ones.
///
/// See [Reserved environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
const OF_LAMBDA: [&str; 12] = [
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

/// A variable and its value, from `KEY=VALUE`.
pub(crate) fn parse(text: &str) -> Result<(String, String), Error> {
    let (key, value) = text.split_once('=').ok_or("expected `KEY=VALUE`")?;
    check(key)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Refuses a name that no variable of the function can have.
pub(crate) fn check(key: &str) -> Result<(), Error> {
    if key.is_empty() {
        return Err("the variable has no name".into());
    }
    if key.contains(['=', '\0']) {
        return Err(format!("{key:?} is no name of a variable").into());
    }
    if OF_LAMBDA.contains(&key) {
        return Err(format!("Lambda sets `{key}` itself").into());
    }
    if key == "AWS_LAMBDA_LOG_FORMAT" {
        return Err(format!("Lambda sets `{key}` itself: here that is `--log-format`").into());
    }
    Ok(())
}

/// Says which of them extensions do not get.
pub(crate) fn note_hidden(env: &[(String, String)]) {
    for (key, _) in env.iter().filter(|(key, _)| key.starts_with('_')) {
        eprintln!(
            "note: extensions do not get `{key}`: Lambda keeps what begins with `_` from them"
        );
    }
}
